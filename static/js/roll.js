// When a tap could not be saved, say so and leave it to the button below, which sends
// everything again.
(function () {
  "use strict";
  var note = document.getElementById("roll-unsaved");

  function failed() {
    if (note) note.hidden = false;
  }

  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:timeout", failed);
})();
