// SimCord's toolbar as a writer needs it: who one is, and the channels. What is for developers is in one menu.

const get = (id) => document.getElementById(id);
const menu = document.querySelector(".session-menu");
const popover = menu.querySelector(".session-menu-popover");
const summary = menu.querySelector("summary");
summary.textContent = "Developer tools";

const LABELS = { "refresh": "Refresh the page", "close": "End the sandbox" };
function label(button, text) {
  const words = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (words) words.data = text;
}
for (const [id, text] of Object.entries(LABELS)) label(get(id), text);

const messages = Object.assign(document.createElement("button"), { id: "message-index-toggle", type: "button", textContent: "List of messages" });
messages.setAttribute("aria-pressed", "false");
messages.addEventListener("click", () => {
  const shown = document.body.classList.toggle("message-index");
  messages.setAttribute("aria-pressed", String(shown));
});
popover.prepend(...["inspector-toggle", "capture-open"].map(get), messages, ...["refresh", "view-action-output", "back-activity"].map(get));
popover.append(get("action-status"));

document.addEventListener("click", (event) => {
  if (!menu.contains(event.target) || event.target.closest("button")) menu.open = false;
});
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  event.preventDefault();
  event.stopPropagation();
  menu.open = false;
  summary.focus();
});

label(get("messages-toggle"), "Channels");
document.querySelector(".messages-sidebar").setAttribute("aria-label", "Channels and threads");

// ---- what went wrong is told to everybody; that all is well is for developers

const TROUBLE = /not completed|uncertain|interrupted|session|unavailable|reload/;
const trouble = Object.assign(document.createElement("span"), { id: "trouble" });
trouble.setAttribute("role", "alert");
get("toolbar").append(trouble);
const tell = () => {
  const text = get("action-status").textContent;
  const told = !TROUBLE.test(text) ? "" : text.includes("session") ? "The sandbox has ended. Start it again, and open its new address." : text;
  if (trouble.textContent !== told) trouble.textContent = told;
};
new MutationObserver(tell).observe(get("action-status"), { childList: true, characterData: true, subtree: true });
