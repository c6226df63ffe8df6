// The code of an SMS: filled in by the phone where it can, sent at the last digit, and
// a countdown before another one is asked for. Everything works without this file.
(function () {
  "use strict";
  var language = document.documentElement.lang;

  function digits(text) {
    return text.replace(/[^0-9۰-۹٠-٩]/g, "");
  }

  function send(input) {
    var form = input.form;
    if (form.dataset.sent) return;
    form.dataset.sent = "1";
    form.requestSubmit(form.querySelector("button"));
  }

  function look(input) {
    if (digits(input.value).length === Number(input.dataset.code)) send(input);
  }

  function fromMessage(input) {
    if (!("OTPCredential" in window)) return;
    var wish = { otp: { transport: ["sms"] } };
    navigator.credentials.get(wish).then(function (found) {
      if (!found) return;
      input.value = found.code;
      look(input);
    }).catch(function () { /* the reader types it */ });
  }

  function clock(seconds) {
    function two(number) {
      return number.toLocaleString(language, { minimumIntegerDigits: 2 });
    }
    return two(Math.floor(seconds / 60)) + ":" + two(seconds % 60);
  }

  function countDown(button) {
    var words = button.textContent.trim();
    var ends = Date.now() + Number(button.dataset.wait) * 1000;
    function step() {
      var left = Math.ceil((ends - Date.now()) / 1000);
      button.disabled = left > 0;
      button.textContent = left > 0 ? words + " (" + clock(left) + ")" : words;
      if (left > 0) setTimeout(step, 500);
    }
    step();
  }

  document.querySelectorAll("input[data-code]").forEach(function (input) {
    input.addEventListener("input", function () { look(input); });
    fromMessage(input);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
  });
  document.querySelectorAll("button[data-wait]").forEach(countDown);
})();
