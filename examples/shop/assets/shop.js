// The shop's pages work without this script except for reviews, the live feed
// and the chat; with it they answer in place.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

async function call(method, url, body) {
  const json = body !== undefined && !(body instanceof FormData);
  const response = await fetch(url, {
    method,
    headers: json ? { "Content-Type": "application/json" } : {},
    body: json ? JSON.stringify(body) : body,
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.errors?.[0]?.message ?? answer.detail);
  return answer;
}

function say(element, text, bad = false) {
  element.textContent = text;
  element.classList.toggle("bad", bad);
}

function debounce(wait, run) {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(run, wait); };
}

function catalogue() {
  const field = $("#q");
  if (!field) return;
  const chips = $$(".chip");
  const filter = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const category = $(".chip[aria-pressed=true]").dataset.category;
    let found = 0;
    for (const card of $$("#products .card")) {
      const match = words.every((word) => card.dataset.search.includes(word)) && (!category || card.dataset.category === category);
      card.hidden = !match;
      found += match;
    }
    $("#result-count").textContent = `${found} ${found === 1 ? "product" : "products"}`;
    $("#no-results").hidden = found > 0;
  };
  field.addEventListener("input", debounce(150, filter));
  field.form.addEventListener("submit", (event) => { event.preventDefault(); filter(); });
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      filter();
    });
  }
}

function product() {
  const form = $("#add-to-cart");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    try {
      const cart = await call("POST", "/api/cart/items", { sku: data.get("sku"), quantity: Number(data.get("quantity")) });
      $("#cart-count").textContent = cart.count;
      say($("#cart-message"), "Added to your cart");
    } catch (error) {
      say($("#cart-message"), error.message, true);
    }
  });
}

function reviews() {
  const form = $("#review-form");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const review = await call("POST", `/api/products/${form.dataset.sku}/reviews`, new FormData(form));
      $("#reviews").append(reviewItem(review));
      form.reset();
      say($("#review-message"), "Thank you for your review");
    } catch (error) {
      say($("#review-message"), error.message, true);
    }
  });
}

function reviewItem(review) {
  const item = document.createElement("li");
  item.className = "review";
  const stars = document.createElement("span");
  stars.className = "stars";
  stars.setAttribute("role", "img");
  stars.setAttribute("aria-label", `${review.rating} of 5 stars`);
  stars.textContent = "★".repeat(review.rating);
  const text = document.createElement("p");
  text.textContent = review.text;
  item.append(stars, text);
  if (review.picture) {
    const picture = new Image(96, 96);
    picture.src = review.picture.url;
    picture.alt = "Picture of the review";
    item.append(picture);
  }
  return item;
}

function cart() {
  const root = $("#cart");
  if (!root) return;
  // Changes are sent one after the other, so that the last answer is the last state.
  let queue = Promise.resolve();
  const change = (line, quantity) => {
    const send = () => call("PATCH", `/api/cart/items/${line.dataset.sku}`, { quantity });
    queue = queue.then(send).then(showCart, (error) => say($("#cart-message"), error.message, true));
  };
  for (const line of $$(".cart-line", root)) {
    const field = $("input[name=quantity]", line);
    const update = debounce(200, () => { if (field.value !== "") change(line, Number(field.value)); });
    field.addEventListener("input", update);
    field.form.addEventListener("submit", (event) => { event.preventDefault(); update(); });
    for (const step of $$(".step", line)) {
      step.addEventListener("click", () => {
        field.value = Math.min(20, Math.max(0, Number(field.value) + Number(step.dataset.by)));
        update();
      });
    }
    $("form.remove", line).addEventListener("submit", (event) => { event.preventDefault(); change(line, 0); });
  }
}

function showCart(state) {
  say($("#cart-message"), "");
  const items = new Map(state.items.map((item) => [item.sku, item]));
  for (const line of $$(".cart-line")) {
    const item = items.get(line.dataset.sku);
    if (!item) { line.remove(); continue; }
    $(".line-total span", line).textContent = item.lineTotal;
  }
  for (const name of ["subtotal", "discount", "shipping", "total"]) $("#" + name).textContent = state[name];
  $("#discount-row").hidden = state.discount === "0.00";
  $("#cart-count").textContent = state.count;
  $("#cart").hidden = state.count === 0;
  $("#cart-empty").hidden = state.count > 0;
}

function checkout() {
  const form = $("#checkout");
  if (!form) return;
  const rules = {
    name: (field) => field.value.trim().length >= 2 ? "" : "Enter your name, 2 to 100 characters.",
    email: (field) => field.value && field.validity.valid ? "" : "Enter an e-mail address such as ada@example.com.",
    country: (field) => field.value ? "" : "Choose the country that we ship to.",
    terms: (field) => field.checked ? "" : "Please accept the terms.",
  };
  const check = (name) => {
    const field = form.elements[name];
    const message = rules[name](field);
    $(`#${name}-error`).textContent = message;
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    return !message;
  };
  // While typing, not after it: an error that goes away on blur moves the page
  // under the pointer that is about to click.
  for (const name of Object.keys(rules)) {
    form.elements[name].addEventListener("input", () => { if (form.elements[name].hasAttribute("aria-invalid")) check(name); });
  }
  for (const radio of form.elements.payment) {
    radio.addEventListener("input", () => { $("#payment-error").textContent = ""; });
  }
  form.addEventListener("submit", (event) => {
    const wrong = Object.keys(rules).filter((name) => !check(name));
    $("#form-error").hidden = wrong.length === 0;
    if (wrong.length > 0) {
      event.preventDefault();
      form.elements[wrong[0]].focus();
      return;
    }
    const pay = $("#pay");
    pay.classList.add("busy");
    pay.disabled = true;
    $(".label", pay).textContent = "Paying…";
    say($("#pay-status"), "We are talking to your bank.");
  });
  // A page that comes back from the browser's cache must be usable again.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
}

function order() {
  const root = $("#order");
  if (!root) return;
  const id = root.dataset.id;
  const words = { PAID: "Paid", CANCELLED: "Cancelled" };
  const show = (event) => {
    const state = $("#state");
    const changed = state.textContent !== event.state;
    state.textContent = event.state;
    state.dataset.state = event.state;
    $("#order-actions").hidden = event.state !== "PENDING";
    if (!changed) return;
    const now = new Date();
    const time = document.createElement("time");
    time.dateTime = now.toISOString();
    time.textContent = now.toISOString().slice(11, 19);
    const item = document.createElement("li");
    item.append(time, " " + words[event.state]);
    $("#feed").append(item);
    say($("#order-message"), "");
  };
  follow({ watch: "order", id }, show, $("#live"));
  for (const button of $$("[data-action]", root)) {
    button.addEventListener("click", async () => {
      say($("#order-message"), "One moment…");
      try {
        await call("POST", `/api/orders/${id}/${button.dataset.action}`);
      } catch (error) {
        say($("#order-message"), error.message, true);
      }
    });
  }
}

// follow keeps a live connection; each new one begins with the state so far.
function follow(request, show, light, wait = 500) {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
  const tell = (on, text) => { light.classList.toggle("on", on); light.textContent = text; };
  socket.onopen = () => { wait = 500; socket.send(JSON.stringify(request)); };
  socket.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.type === "error") return tell(false, event.message);
    tell(true, "live");
    show(event);
  };
  socket.onclose = () => {
    tell(false, "connecting");
    setTimeout(() => follow(request, show, light, Math.min(wait * 2, 15000)), wait);
  };
}

function chat() {
  const form = $("#chat-form");
  if (!form) return;
  const log = $("#chat-log");
  const add = (who, text) => {
    const item = document.createElement("li");
    item.className = who;
    item.textContent = text;
    log.append(item);
    log.scrollTop = log.scrollHeight;
    return item;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const message = form.elements.message.value.trim();
    if (!message) return;
    form.reset();
    add("you", message);
    try {
      const answer = await call("POST", "/chat", { message });
      const item = add("bot", answer.reply);
      for (const source of answer.sources) {
        const link = document.createElement("a");
        link.href = source.url;
        link.textContent = source.title;
        item.append(link);
      }
      log.scrollTop = log.scrollHeight;
    } catch (error) {
      add("bot", error.message);
    }
  });
}

for (const start of [catalogue, product, reviews, cart, checkout, order, chat]) start();
