// A press on a value puts it into the text where the cursor was. The previews follow by
// htmx; without this file everything is typed.
(function () {
  "use strict";
  var last = null;

  function isText(element) {
    return element.matches(".text-form textarea, .text-form input[type=text]");
  }

  document.addEventListener("focusin", function (event) {
    if (isText(event.target)) last = event.target;
  });

  function insert(words) {
    var field = last || document.querySelector(".text-form textarea");
    field.focus();
    field.setRangeText(words, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.querySelectorAll("[data-value]").forEach(function (shown) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "text-value";
    shown.replaceWith(button);
    button.append(shown);
    button.addEventListener("click", function () { insert(shown.textContent); });
  });
})();
