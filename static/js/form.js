// A slow line invites a second tap: the pressed button rests for ten seconds. The
// server answers a repeated form with the same result, so this is only a courtesy.
(function () {
  "use strict";
  var REST_MS = 10000;

  function wake(button) {
    if (!button.dataset.words) return;
    button.disabled = false;
    button.removeAttribute("aria-busy");
    button.textContent = button.dataset.words;
    delete button.dataset.words;
  }

  function rest(button, words) {
    button.dataset.words = button.textContent;
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    button.textContent = words;
    setTimeout(function () { wake(button); }, REST_MS);
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    var button = event.submitter;
    if (form.method !== "post" || event.defaultPrevented || !button) return;
    var words = button.dataset.busy || document.body.dataset.busy;
    if (!words || button.closest("header")) return;
    // After the browser has read the form, so that the button's own value is sent.
    setTimeout(function () { rest(button, words); }, 0);
  });

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("button[data-words]").forEach(wake);
  });

  // After a refused form the reader and the screen reader start at the reasons.
  var summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
