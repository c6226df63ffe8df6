// Counts down beside the time of day until which a place is kept, and says when it is
// over. The time of day stands there without this file, too.
(function () {
  "use strict";
  var language = document.documentElement.lang;

  function two(number) {
    return number.toLocaleString(language, { minimumIntegerDigits: 2 });
  }

  function countDown(note) {
    var shown = note.querySelector("[data-countdown]");
    var ends = Date.now() + Number(note.dataset.hold) * 1000;
    // Read aloud once, not every second.
    shown.setAttribute("aria-hidden", "true");
    function step() {
      var left = Math.ceil((ends - Date.now()) / 1000);
      if (left <= 0) {
        note.classList.replace("note-good", "note-warn");
        note.lastElementChild.textContent = note.dataset.over;
        return;
      }
      shown.textContent = "(" + two(Math.floor(left / 60)) + ":" + two(left % 60) + ")";
      setTimeout(step, 500);
    }
    step();
  }

  document.querySelectorAll("[data-hold]").forEach(countDown);
})();
