// Whoever has picked a command and goes on typing, or pastes, writes into its option "text". SimCord waits until an
// option is picked, and drops what is typed until then.

const ITEM = '#command-suggestion-listbox .command-suggestion[data-value="text"]';

function openText(event) {
  const chip = event.target.closest?.(".command-chip");
  if (!chip) return null;
  if (!document.querySelector(ITEM)) chip.click(); // its options are offered
  document.querySelector(ITEM)?.click();
  const field = document.activeElement;
  return field?.matches('.command-option-input[data-option="text"]') ? field : null;
}

// What is typed goes to where the focus is when the key was handled: into the field.
window.addEventListener("keydown", (event) => {
  const types = event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (types && !event.isComposing) openText(event);
}, true);

window.addEventListener("paste", (event) => {
  const field = openText(event);
  if (!field) return;
  event.preventDefault();
  field.setRangeText(event.clipboardData.getData("text/plain"), field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}, true);

// SimCord leaves the command's name behind for whoever takes it back by ✕.
const composer = document.getElementById("channel-composer");
composer.addEventListener("click", (event) => {
  if (!event.target.closest?.(".command-context-close")) return;
  const field = document.getElementById("channel-composer-input");
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
