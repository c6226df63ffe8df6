// A slow line invites a second tap: the pressed button rests for ten seconds. The
// server answers a repeated form with the same result, so this is only a courtesy.
(function () {
  "use strict";
  var REST_MS = 10000;
  var resting = new Map();

  function wake(button) {
    if (!resting.has(button)) return;
    button.disabled = false;
    button.removeAttribute("aria-busy");
    button.replaceChildren.apply(button, resting.get(button));
    resting.delete(button);
  }

  function rest(button, words) {
    if (resting.has(button)) return;
    resting.set(button, Array.from(button.childNodes));
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    if (words) button.replaceChildren(words);
    setTimeout(function () { wake(button); }, REST_MS);
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    var button = event.submitter;
    if (form.method !== "post" || event.defaultPrevented || !button) return;
    var words = button.dataset.busy || form.dataset.busy || document.body.dataset.busy;
    // In the bar at the top other words would push everything aside.
    if (button.closest("header")) words = "";
    // After the browser has read the form, so that the button's own value is sent.
    setTimeout(function () { rest(button, words); }, 0);
  });

  // The back button may bring the page back as it was left.
  window.addEventListener("pageshow", function () {
    Array.from(resting.keys()).forEach(wake);
  });

  // After a refused form the reader and the screen reader start at the reasons.
  var summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();

  // On a phone the bar of the staff is wider than the screen: begin where one is.
  document.querySelectorAll(".work-nav [aria-current]").forEach(function (here) {
    var bar = here.parentElement.getBoundingClientRect(), its = here.getBoundingClientRect();
    here.parentElement.scrollLeft += its.left + its.width / 2 - bar.left - bar.width / 2;
  });

  // "My bookings" stays readable without a line (templates/desk/worker.js).
  if ("serviceWorker" in navigator) {
    window.addEventListener("load", function () {
      navigator.serviceWorker.register("/sw.js").catch(function () {});
    });
  }

  // The first page brings its style sheets along (core/pages/sheets.py). Once the service
  // worker holds them the next ones need not: a cookie says so.
  var inside = document.querySelector("style[data-sheets]");
  if (inside && "serviceWorker" in navigator && "caches" in window) {
    navigator.serviceWorker.ready.then(function () {
      return Promise.all(inside.dataset.files.split(" ").map(function (file) {
        return caches.match(file, { ignoreVary: true });
      }));
    }).then(function (found) {
      var secure = location.protocol === "https:" ? "; secure" : "";
      if (found.every(Boolean)) document.cookie = "sheets=" + inside.dataset.sheets + "; path=/; max-age=31536000; samesite=lax" + secure;
    }).catch(function () {});
  }

  // A form does not go nowhere: it says that it was not sent.
  document.addEventListener("submit", function (event) {
    var form = event.target, words = document.body.dataset.offline;
    if (navigator.onLine || form.method !== "post" || !words) return;
    event.preventDefault();
    var note = form.querySelector("[data-not-sent]");
    if (!note) {
      note = document.createElement("p");
      note.className = "note note-warn";
      note.setAttribute("role", "alert");
      note.dataset.notSent = "";
      form.append(note);
    }
    note.textContent = words;
  }, true);
})();
