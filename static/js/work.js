// The page of a long work looks again by itself (htmx). It says when there is no line,
// and who was signed out meanwhile is led to the sign-in page.
(function () {
  "use strict";
  var note = document.getElementById("work-offline");

  document.body.addEventListener("htmx:sendError", function () { note.hidden = false; });
  document.body.addEventListener("htmx:beforeSwap", function (event) {
    note.hidden = true;
    var from = new URL(event.detail.xhr.responseURL).pathname;
    if (from === location.pathname) return;
    event.detail.shouldSwap = false;
    location.reload();
  });
})();
