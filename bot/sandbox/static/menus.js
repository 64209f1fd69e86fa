// The menus of messages: what the bot offers under *Apps* when a message is right-clicked, or by the button beside it.

import { whenAdmitted } from "/presses.js";

const list = document.getElementById("channel-message-list");
const menu = Object.assign(document.createElement("div"), { id: "message-menu", hidden: true });
menu.setAttribute("role", "menu");
menu.setAttribute("aria-label", "Apps");
document.body.append(menu);

let opener = null;
const entries = () => [...menu.querySelectorAll("button")];

async function offered() {
  const headers = { "X-Simcord-Capability": location.hash.slice(1), "X-Simcord-Context": window.simcordPreview.contextId };
  const answer = await fetch("/api/menus", { headers, cache: "no-store" });
  return answer.ok ? (await answer.json()).menus : [];
}

function entry(message, name) {
  const item = Object.assign(document.createElement("button"), { type: "button", textContent: name });
  item.setAttribute("role", "menuitem");
  item.addEventListener("click", () => {
    close();
    const viewer = window.simcordPreview.viewerId;
    const press = () => {
      if (window.simcordPreview.viewerId === viewer) window.simcordDispatch("click", { control_key: `message:${message}:component:menu:${name}` });
    };
    whenAdmitted(press);
  });
  return item;
}

async function open(message, from, x, y) {
  opener = from;
  const heading = Object.assign(document.createElement("p"), { textContent: "Apps" });
  let names = [];
  try {
    names = await offered();
  } catch {
    // the sandbox is not there at the moment; SimCord's own page says so
  }
  const nothing = Object.assign(document.createElement("p"), { textContent: "Nothing is offered here." });
  menu.replaceChildren(heading, ...(names.length ? names.map((name) => entry(message, name)) : [nothing]));
  menu.hidden = false;
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
  entries()[0]?.focus({ preventScroll: true });
}

function close() {
  if (menu.hidden) return;
  const back = menu.contains(document.activeElement);
  menu.hidden = true;
  if (back && opener?.isConnected) opener.focus({ preventScroll: true });
}

// ---- ways to it

const messageOf = (element) => element.closest?.("#channel-message-list [data-message-id]")?.dataset.messageId;

list.addEventListener("contextmenu", (event) => {
  const message = messageOf(event.target);
  const own = event.target.closest("a, input, textarea, img, video") || !getSelection().isCollapsed; // the browser's menu
  if (!message || own) return;
  event.preventDefault();
  void open(message, document.activeElement, event.clientX, event.clientY);
});

function addButtons() {
  for (const toolbar of list.querySelectorAll(".message-context-actions:not(:has(.apps-button))")) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "message-action-button apps-button", title: "Apps" });
    button.setAttribute("aria-label", "Apps");
    button.setAttribute("aria-haspopup", "menu");
    button.dataset.controlKey = `message:${messageOf(toolbar)}:action:apps`;
    button.addEventListener("click", () => {
      const { left, bottom } = button.getBoundingClientRect();
      void open(messageOf(toolbar), button, left, bottom + 4);
    });
    toolbar.append(button);
  }
}
new MutationObserver(addButtons).observe(list, { childList: true, subtree: true });
addButtons();

// ---- and away from it

document.addEventListener("pointerdown", (event) => { if (!menu.contains(event.target)) close(); }, true);
document.getElementById("channel-timeline").addEventListener("wheel", close, { passive: true });
window.addEventListener("resize", close);
window.addEventListener("keydown", (event) => {
  if (menu.hidden) return;
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const items = entries();
    const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items.at(at % items.length)?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
