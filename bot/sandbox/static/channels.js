// The list of channels and threads beside SimCord's page, and the ways between them: each is an address of its own,
// "#secret.channel.person". app.js loads the page again when the address changes.

const EVERY_MS = 700;
const [secret, , person] = location.hash.slice(1).split(".");

const list = document.createElement("nav");
list.id = "channel-list";
list.setAttribute("aria-label", "Channels and threads");
document.querySelector(".sidebar-heading").prepend(list);

const back = document.createElement("a");
back.id = "channel-back";
back.hidden = true;
document.querySelector(".channel-header").prepend(back);

let entries = [];
let here = null;
let shown = "";
let [context, viewer] = [null, person || null]; // of SimCord's page, which forgets them when its channel is gone
const GONE = "Unavailable channel"; // what SimCord's page then calls it

function recall() {
  context = window.simcordPreview?.contextId ?? context;
  viewer = window.simcordPreview?.viewerId ?? viewer;
}

function headers() {
  return { "X-Simcord-Capability": location.hash.slice(1), "X-Simcord-Context": context };
}

function address(id) {
  recall(); // whoever became somebody else a moment ago takes that along
  return `#${secret}.${id}.${viewer}`;
}

function lead(element, id) {
  element.href = address(id);
  element.onclick = () => { element.href = address(id); };
}

// The newest message that was on show in each channel, for each person, until the tab is closed.
const mark = (id) => `read:${secret}:${viewer}:${id}`;
const unread = (entry) => entry.id !== here && BigInt(entry.newest) > BigInt(sessionStorage.getItem(mark(entry.id)) ?? 0);
function read() {
  const newest = window.simcordPreview?.projectedMessageIds.at(-1);
  if (here && newest) sessionStorage.setItem(mark(here), newest);
}
window.addEventListener("pagehide", read);

function link(entry) {
  const item = document.createElement("a");
  lead(item, entry.id);
  item.className = entry.thread ? "channel-link channel-thread" : "channel-link";
  item.classList.toggle("channel-unread", unread(entry));
  item.classList.toggle("channel-archived", entry.archived);
  if (entry.id === here) item.setAttribute("aria-current", "page");
  const name = document.createElement("span");
  name.className = "channel-name";
  name.textContent = entry.name;
  item.append(name);
  item.title = entry.archived ? `${entry.name} (archived)` : entry.name;
  if (unread(entry)) item.setAttribute("aria-label", `${entry.name}, something new`);
  return item;
}

function draw() {
  const title = document.createElement("h1");
  title.textContent = "Channels";
  list.replaceChildren(title, ...entries.map(link), starter);
  const current = entries.findIndex((entry) => entry.id === here);
  const parent = entries.slice(0, current + 1).findLast((entry) => !entry.thread);
  const inThread = entries[current].thread;
  document.body.classList.toggle("in-thread", inThread);
  back.hidden = !inThread;
  lead(back, parent.id);
  back.textContent = parent.name;
  back.title = `Back to #${parent.name}`;
  document.title = `#${entries[current].name} · Inkling`;
}

// ---- starting a thread

const starter = document.createElement("form");
starter.id = "thread-starter";
const field = Object.assign(document.createElement("input"), { maxLength: 100, placeholder: "New thread…", autocomplete: "off" });
field.setAttribute("aria-label", "Name of a new thread");
const trouble = document.createElement("p");
trouble.setAttribute("role", "alert");
starter.append(field, trouble);
starter.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!field.value.trim() || field.disabled) return;
  field.disabled = true;
  try {
    const answer = await fetch("/api/action", {
      method: "POST", headers: { ...headers(), "Content-Type": "application/json" },
      body: JSON.stringify({ kind: "start_thread", name: field.value }),
    });
    const { thread, error } = await answer.json();
    if (thread) location.hash = address(thread);
    else trouble.textContent = error ?? "That did not work. Please try again.";
  } catch {
    trouble.textContent = "The sandbox does not answer.";
  } finally {
    field.disabled = false;
  }
});
field.addEventListener("input", () => { trouble.textContent = ""; });

// ---- names in the conversation are ways as well

function named(element) {
  const text = element.textContent.replace(/^#/, "");
  const summary = element.classList.contains("thread-summary");
  return entries.findLast((entry) => (summary ? entry.thread && text.startsWith(`${entry.name} · `) : entry.name === text));
}

document.getElementById("preview-app").addEventListener("click", async (event) => {
  const element = event.target.closest?.(".mention, .thread-summary");
  if (!element || !(element.textContent.startsWith("#") || element.matches(".thread-summary"))) return;
  if (!named(element)) await look(); // it may have been opened a moment ago
  const entry = named(element);
  if (entry && entry.id !== here) location.hash = address(entry.id);
});

// ---- following

async function look() {
  if (document.hidden) return;
  recall();
  if (!context) { // the page is loading, or its channel went before anything was known of it
    if (viewer && document.getElementById("channel-name").textContent === GONE) location.hash = address("");
    return;
  }
  const answer = await fetch("/api/channels", { headers: headers(), cache: "no-store" });
  if (!answer.ok && answer.status !== 410) return;
  ({ channels: entries, here } = answer.ok ? await answer.json() : { channels: [], here: null });
  const current = entries.find((entry) => entry.id === here);
  if (!current) { // it is gone, or not for this person
    if (viewer && location.hash !== address("")) location.hash = address("");
    return;
  }
  read();
  const now = JSON.stringify([entries, here, viewer]);
  if (now === shown) return;
  shown = now;
  const typing = document.activeElement === field;
  draw();
  if (typing) field.focus();
}

async function follow() {
  try {
    await look();
  } catch {
    // the sandbox is not there at the moment; SimCord's own page says so
  }
  setTimeout(follow, EVERY_MS);
}

void follow();
