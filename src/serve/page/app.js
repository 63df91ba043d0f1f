// The page of `ttop serve`: asks for rows and shows them. Everything foreign becomes text, never markup.
"use strict";

const UNKNOWN = "—";
const VIEWS = ["live", "cost", "year", "plans", "budgets"];
const find = (id) => document.getElementById(id);
let now = Date.now();
let view = "live";

// ---- asking -------------------------------------------------------------------------------------------------------

async function ask(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) query.append(name, one);
  }
  const text = query.toString();
  const answer = await fetch(text ? `${path}?${text}` : path, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error ? body.error.message : `status ${answer.status}`);
  return body;
}

function report(message, isBad) {
  const state = find("state");
  if (state.textContent !== message) state.textContent = message;
  state.classList.toggle("bad", isBad);
}

// ---- text ---------------------------------------------------------------------------------------------------------

const PREFIX = { estimated: "~", mixed: "~", partial: "≥" };

function money(cost, status) {
  if (cost === null || cost === undefined) return UNKNOWN;
  const digits = cost !== 0 && Math.abs(cost) < 0.01 ? 4 : 2;
  const amount = cost.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${PREFIX[status] || ""}$${amount}${status === "plan" ? " (plan)" : ""}`;
}

function count(number) {
  if (number === null || number === undefined) return UNKNOWN;
  for (const [size, unit] of [[1e9, "B"], [1e6, "M"], [1e3, "K"]]) {
    if (number >= size) return `${(number / size).toFixed(1)}${unit}`;
  }
  return String(number);
}

function span(ms) {
  if (ms === null || ms === undefined) return UNKNOWN;
  const minutes = Math.floor(ms / 60000);
  if (minutes < 1) return `${Math.max(0, Math.floor(ms / 1000))}s`;
  if (minutes < 60) return `${minutes}min`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${minutes % 60}min`;
  return `${Math.floor(minutes / 1440)}d ${Math.floor((minutes % 1440) / 60)}h`;
}

const words = (name) => name.replaceAll("_", " ");
// The space does not break.
const percent = (number) => (number === null ? UNKNOWN : `${Math.round(number)}\u00a0%`);

function total(tokens) {
  const known = Object.values(tokens || {}).filter((bucket) => bucket !== null);
  return known.length ? known.reduce((sum, bucket) => sum + bucket, 0) : null;
}

// ---- elements -----------------------------------------------------------------------------------------------------

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function row(cells) {
  const made = document.createElement("tr");
  cells.forEach((cell, at) => {
    if (cell instanceof Node) {
      const holder = element(at === 0 ? "th" : "td");
      if (at === 0) holder.scope = "row";
      holder.append(cell);
      made.append(holder);
      return;
    }
    const [text, className] = [cell].flat();
    const holder = element(at === 0 ? "th" : "td", text, className);
    if (at === 0) holder.scope = "row";
    if (className === "name") holder.title = text;
    made.append(holder);
  });
  return made;
}

function empty(columns, text) {
  const made = document.createElement("tr");
  const cell = element("td", text, "empty");
  cell.colSpan = columns;
  made.append(cell);
  return made;
}

function gauge(value, name, className) {
  const made = element("progress");
  made.max = 100;
  made.value = Math.min(100, Math.max(0, value));
  made.setAttribute("aria-label", name);
  if (className) made.className = className;
  return made;
}

function button(text, action) {
  const made = element("button", text, "link");
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

// ---- live ---------------------------------------------------------------------------------------------------------

const WAITING = ["waiting_permission", "waiting_question"];
const WORKING = ["working", "thinking", "queued", "retrying"];
const FAILED = ["error", "truncated"];
const ORDER = [...WAITING, ...FAILED, ...WORKING];
let live = [];

async function loadLive() {
  live = await ask("/v1/ps");
  showLive();
}

function showLive() {
  const wanted = find("live-filter").value.trim().toLowerCase();
  const rank = (session) => (ORDER.includes(session.status) ? ORDER.indexOf(session.status) : ORDER.length);
  const shown = live
    .filter((session) => !wanted || JSON.stringify(Object.values(session)).toLowerCase().includes(wanted))
    .sort((a, b) => rank(a) - rank(b) || (a.sinceMs ?? Infinity) - (b.sinceMs ?? Infinity));
  const rows = shown.map((session) => {
    const kind = WAITING.includes(session.status) ? "ask" : WORKING.includes(session.status) ? "work" : FAILED.includes(session.status) ? "bad" : "";
    const activity = session.activity ? `: ${session.activity}` : "";
    return row([
      [words(session.status) + activity, kind],
      span(session.sinceMs),
      [session.sessionName || session.sessionId || `process ${session.pid}`, "name"],
      session.host ? `${session.agentId} on ${session.host}` : session.agentId,
      session.modelId || UNKNOWN,
      [session.projectPath || session.cwd || UNKNOWN, "name"],
      [count(total(session.tokens)), "number"],
      [money(session.cost, session.costStatus), "number"],
      [session.cpuPercent === null ? UNKNOWN : `${session.cpuPercent.toFixed(0)} %`, "number"],
      [session.memoryBytes === null ? UNKNOWN : `${Math.round(session.memoryBytes / 1048576)} MiB`, "number"],
    ]);
  });
  find("live-rows").replaceChildren(...(rows.length ? rows : [empty(10, "No agent is running.")]));
  const waiting = live.filter((session) => WAITING.includes(session.status)).length;
  const working = live.filter((session) => WORKING.includes(session.status)).length;
  const summary = `${live.length} running, ${waiting} waiting for you, ${working} at work`;
  if (find("live-summary").textContent !== summary) find("live-summary").textContent = summary;
  document.title = waiting ? `(${waiting}) ttop` : "ttop";
}

let hasActivity = false;

function addActivity(step) {
  const time = new Date(step.observedAt).toLocaleTimeString();
  const name = step.sessionName || step.sessionId;
  const text = `${time} ${name}: ${count(step.totalTokens)} tokens, ${money(step.cost, step.costStatus)} (${step.modelId || step.agentId})`;
  const list = find("activity");
  if (!hasActivity) list.replaceChildren();
  hasActivity = true;
  list.prepend(element("li", text));
  while (list.children.length > 20) list.lastElementChild.remove();
}

// ---- cost ---------------------------------------------------------------------------------------------------------

const SPANS = { hour: "today", day: "30d", week: "26w", month: "365d" };
const GROUPS = {
  model: ["Model", (group) => group.modelName || group.modelId, "model"],
  agent: ["Agent", (group) => group.agentId, "agent"],
  provider: ["Provider", (group) => group.providerId, "provider"],
  project: ["Project", (group) => group.projectPath, "project"],
  session: ["Session", (group) => group.sessionName || group.sessionId, "session"],
};
// What was chosen: a period, then groups. Each is a parameter of the next question.
let path = [];

const period = () => path.find((step) => step.period);
const chosen = () => Object.assign({}, ...path.filter((step) => step.params).map((step) => step.params));

async function loadCost() {
  const unit = find("cost-span").value;
  const by = find("cost-by").value;
  const range = period() ? { since: String(period().start), until: String(period().end) } : { since: SPANS[unit] };
  const [bars, groups] = await Promise.all([
    ask("/v1/cost", { by: unit, since: SPANS[unit], ...chosen() }),
    ask("/v1/cost", { by: by === "model" ? "model,name" : by, ...chosen(), ...range }),
  ]);
  showPath();
  showBars(bars);
  showGroups(groups, by);
}

function showPath() {
  const steps = [{ text: find("cost-span").selectedOptions[0].textContent, length: 0 }];
  path.forEach((step, at) => steps.push({ text: step.text, length: at + 1 }));
  find("cost-path").replaceChildren(
    ...steps.map((step) => {
      const item = element("li");
      const isLast = step.length === path.length;
      item.append(isLast ? element("span", step.text) : button(step.text, () => look(path.slice(0, step.length))));
      if (isLast) item.setAttribute("aria-current", "page");
      return item;
    }),
  );
}

function look(next) {
  path = next;
  run(loadCost);
}

// Periods without a turn have no row; without their place the others would seem to follow each other.
function withGaps(rows) {
  const bars = [];
  for (const row of rows) {
    const last = bars.at(-1);
    const missing = last ? Math.round((row.start - last.end) / (last.end - last.start)) : 0;
    for (let at = 0; at < Math.min(missing, 400); at++) bars.push(null);
    bars.push(row);
  }
  return bars;
}

function showBars(rows) {
  const most = Math.max(...rows.map((bar) => bar.cost || 0), 0);
  const highest = rows.find((bar) => (bar.cost || 0) === most);
  find("cost-axis").textContent = rows.length
    ? `From ${rows[0].period} to ${rows.at(-1).period}; highest: ${money(most, highest.costStatus)} (${highest.period})`
    : "No turns in this span.";
  find("cost-bars").replaceChildren(
    ...withGaps(rows).map((bar) => {
      if (!bar) return element("i");
      const made = element("button");
      const filled = element("span");
      filled.style.height = most ? `${(100 * (bar.cost || 0)) / most}%` : "0";
      made.type = "button";
      made.title = `${bar.period}: ${money(bar.cost, bar.costStatus)}, ${count(bar.totalTokens)} tokens`;
      made.setAttribute("aria-label", made.title);
      const isChosen = period() && period().start === bar.start;
      made.setAttribute("aria-pressed", String(Boolean(isChosen)));
      made.append(filled);
      made.addEventListener("click", () => {
        const others = path.filter((step) => !step.period);
        look(isChosen ? others : [{ period: true, text: bar.period, start: bar.start, end: bar.end }, ...others]);
      });
      return made;
    }),
  );
}

function showGroups(groups, by) {
  const [title, nameOf, filter] = GROUPS[by];
  find("cost-column").textContent = title;
  const sum = groups.reduce((all, group) => all + (group.cost || 0), 0);
  const rows = groups.map((group) => {
    const name = nameOf(group) || "unknown";
    const value = { session: group.sessionId, model: group.modelId }[by] || nameOf(group);
    const isOpen = !value || chosen()[filter];
    const next = { agent: "model", provider: "model", session: "model" }[by] || "session";
    const label = isOpen
      ? element("span", name)
      : button(name, () => {
          find("cost-by").value = next;
          look([...path, { text: name, params: { [filter]: value } }]);
        });
    const share = sum ? (100 * (group.cost || 0)) / sum : 0;
    return row([
      label,
      [count(group.turns), "number"],
      [count(group.totalTokens), "number"],
      [money(group.cost, group.costStatus), "number"],
      gauge(share, `${name}: ${Math.round(share)} % of the cost`),
    ]);
  });
  find("cost-rows").replaceChildren(...(rows.length ? rows : [empty(5, "No turns in this span.")]));
}

// ---- year ---------------------------------------------------------------------------------------------------------

const DAY = 86400000;
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

async function loadYear() {
  const days = await ask("/v1/cost", { by: "day", since: "365d" });
  const byDay = new Map(days.map((day) => [day.period, day]));
  // Days are those of the server's zone: each row tells how far it is from UTC.
  const last = days.at(-1);
  const offset = last ? Date.parse(`${last.period}T00:00Z`) - last.start : -new Date().getTimezoneOffset() * 60000;
  const today = Math.floor((now + offset) / DAY) * DAY;
  const weekday = (new Date(today).getUTCDay() + 6) % 7;
  const first = today - (52 * 7 + weekday) * DAY;
  const costs = days.map((day) => day.cost || 0).filter((cost) => cost > 0).sort((a, b) => a - b);
  const level = (cost) => {
    if (!cost) return 0;
    return 1 + [0.25, 0.5, 0.75].filter((part) => cost > costs[Math.floor(part * (costs.length - 1))]).length;
  };
  const head = element("thead");
  const months = element("tr");
  months.append(element("td"));
  for (let week = 0; week < 53; week++) {
    const date = new Date(first + week * 7 * DAY);
    const isNew = date.getUTCDate() <= 7;
    months.append(element("td", isNew ? date.toLocaleString("en", { month: "short", timeZone: "UTC" }).slice(0, 3) : ""));
  }
  months.setAttribute("aria-hidden", "true");
  head.append(months);
  const body = element("tbody");
  WEEKDAYS.forEach((name, at) => {
    const line = element("tr");
    const title = element("th", name);
    title.scope = "row";
    line.append(title);
    for (let week = 0; week < 53; week++) {
      const date = first + (week * 7 + at) * DAY;
      const cell = element("td");
      cell.setAttribute("role", "gridcell");
      if (date <= today) {
        const label = new Date(date).toISOString().slice(0, 10);
        const day = byDay.get(label);
        const text = `${label}: ${day ? `${money(day.cost, day.costStatus)}, ${count(day.turns)} turns` : "nothing"}`;
        cell.append(element("span", text));
        cell.title = text;
        cell.className = `level${level(day && day.cost)}`;
        cell.tabIndex = date === today ? 0 : -1;
        if (day) Object.assign(cell.dataset, { label, start: day.start, end: day.end });
      }
      line.append(cell);
    }
    body.append(line);
  });
  find("year-grid").replaceChildren(head, body);
}

function moveInYear(event) {
  const cell = event.target.closest("td[tabindex]");
  if (!cell) return;
  if (event.key === "Enter" || event.type === "click") {
    if (!cell.dataset.label) return;
    path = [{ period: true, text: cell.dataset.label, start: Number(cell.dataset.start), end: Number(cell.dataset.end) }];
    location.hash = "cost";
    return;
  }
  const lines = [...find("year-grid").tBodies[0].rows];
  const line = lines.indexOf(cell.parentElement);
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] || [0, 0];
  const next = lines[line + down]?.cells[cell.cellIndex + right];
  if (!(down || right)) return;
  event.preventDefault();
  if (!next?.hasAttribute("tabindex")) return;
  cell.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

// ---- plans and budgets --------------------------------------------------------------------------------------------

async function loadPlans() {
  const providers = await ask("/v1/providers");
  const cards = providers.map((provider) => {
    const card = element("article");
    card.append(element("h3", provider.plan ? `${provider.name} (${provider.plan})` : provider.name));
    for (const limit of provider.limits) {
      const used = limit.usedPercent;
      const kind = used >= 95 ? "bad" : used >= 80 ? "ask" : "";
      const reset = limit.resetsAt ? `, resets in ${span(limit.resetsAt - now)}` : "";
      card.append(element("p", `${limit.label}: ${percent(used)}${reset}`, kind));
      if (used !== null) card.append(gauge(used, `${provider.name}, ${limit.label}`, kind));
      const pace = paceOf(limit);
      if (pace) card.append(element("p", pace, "quiet"));
    }
    if (provider.credits !== null) card.append(element("p", `Credits: ${provider.credits} ${provider.creditsCurrency || ""}`));
    if (provider.spend !== null) card.append(element("p", `Spend: ${provider.spend} ${provider.spendCurrency || ""}`));
    const known = provider.fetchedAt ? `reported ${span(now - provider.fetchedAt)} ago` : words(provider.state);
    card.append(element("p", provider.stale ? `${known}, stale` : known, "quiet"));
    return card;
  });
  find("plans-list").replaceChildren(...(cards.length ? cards : [element("p", "No plan is known: run 'ttop providers'.", "empty")]));
}

// Where a limit ends if its window goes on as it began.
function paceOf(limit) {
  if (limit.usedPercent === null || !limit.windowMinutes || !limit.resetsAt) return null;
  const passed = 1 - (limit.resetsAt - now) / (limit.windowMinutes * 60000);
  if (passed <= 0.02 || passed > 1) return null;
  const end = limit.usedPercent / passed;
  return `Pace: ${percent(100 * passed)} of the window passed; on course for ${percent(end)}`;
}

async function loadBudgets() {
  const budgets = await ask("/v1/budgets");
  const amount = (budget, value) => (value === null ? UNKNOWN : budget.unit === "usd" ? money(value) : count(value));
  const rows = budgets.map((budget) => {
    const used = budget.usedPercent;
    const kind = ["critical", "exceeded"].includes(budget.level) ? "bad" : budget.level === "fine" || budget.level === null ? "" : "ask";
    return row([
      budget.budgetId,
      `${budget.every}, ${budget.period}`,
      [amount(budget, budget.spent), "number"],
      [amount(budget, budget.budget), "number"],
      [amount(budget, budget.projected), "number"],
      used === null ? UNKNOWN : gauge(used, `${budget.budgetId}: ${percent(used)} used`, kind),
      [budget.level ? `${words(budget.level)} (${percent(used)})` : UNKNOWN, kind],
    ]);
  });
  find("budgets-rows").replaceChildren(...(rows.length ? rows : [empty(7, "No budget is configured.")]));
}

// ---- the page -----------------------------------------------------------------------------------------------------

const LOADERS = { live: loadLive, cost: loadCost, year: loadYear, plans: loadPlans, budgets: loadBudgets };

async function loadSums() {
  const snapshot = await ask("/v1/snapshot");
  now = snapshot.looked_at || snapshot.summed_at || Date.now();
  const sums = [["Today", snapshot.today], ["This week", snapshot.week], ["This month", snapshot.month]];
  find("sums").replaceChildren(
    ...sums.map(([name, sum]) => {
      const holder = element("div");
      const nanos = sum.cost.nanos;
      holder.append(element("dt", name), element("dd", money(nanos === null ? null : nanos / 1e9, sum.cost.status)));
      return holder;
    }),
  );
}

let running = Promise.resolve();
function run(load) {
  running = running.then(async () => {
    try {
      await load();
      report("Connected", false);
    } catch (error) {
      report(`The server cannot be read: ${error.message}`, true);
    }
  });
  return running;
}

function refresh() {
  if (document.hidden) return;
  run(loadSums);
  run(LOADERS[view]);
}

function show() {
  const asked = location.hash.slice(1);
  view = VIEWS.includes(asked) ? asked : "live";
  VIEWS.forEach((id) => (find(id).hidden = id !== view));
  document.querySelectorAll("header nav a").forEach((link) => {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  refresh();
}

const SCHEMES = ["auto", "light", "dark"];
function applyScheme(scheme) {
  if (scheme === "auto") delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = scheme;
  find("scheme").textContent = `Theme: ${scheme}`;
}

function follow() {
  const events = new EventSource("/v1/events?events=activity,session");
  let due = null;
  const soon = () => {
    due ??= setTimeout(() => {
      due = null;
      if (view !== "year") refresh();
    }, 500);
  };
  events.addEventListener("activity", (event) => {
    addActivity(JSON.parse(event.data));
    soon();
  });
  for (const kind of ["session.started", "session.finished", "session.waiting", "session.idle"]) {
    events.addEventListener(kind, soon);
  }
  events.addEventListener("error", () => report("The connection is lost; trying again", true));
  events.addEventListener("open", () => report("Connected", false));
}

let scheme = localStorage.getItem("scheme");
scheme = SCHEMES.includes(scheme) ? scheme : "auto";
applyScheme(scheme);
find("scheme").addEventListener("click", () => {
  scheme = SCHEMES[(SCHEMES.indexOf(scheme) + 1) % SCHEMES.length];
  localStorage.setItem("scheme", scheme);
  applyScheme(scheme);
});
find("live-filter").addEventListener("input", showLive);
find("cost-form").addEventListener("submit", (event) => event.preventDefault());
find("cost-span").addEventListener("change", () => look(path.filter((step) => !step.period)));
find("cost-by").addEventListener("change", () => run(loadCost));
find("year-grid").addEventListener("keydown", moveInYear);
find("year-grid").addEventListener("click", moveInYear);
find("year-grid").addEventListener("focusin", (event) => {
  find("year-day").textContent = event.target.title || "";
});
window.addEventListener("hashchange", () => {
  show();
  find("main").focus();
});
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, 5000);
show();
follow();
