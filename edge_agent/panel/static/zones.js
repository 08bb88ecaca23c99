// A small editor of polygons over a still picture, by pointer or keyboard. Corners are kept as shares of the picture.
import { post, reason, trouble } from "./talk.js";

const editor = document.querySelector("#zones");
const svg = document.querySelector("#drawing");
const KINDS = ["seats", "podium", "neighbour", "masks"];
const NEAR_PX = 24; // of the first corner: the shape is finished

if (editor) {
  const zones = JSON.parse(editor.dataset.zones);
  let corners = [];
  let cross = null; // shown once the keyboard is used

  const kind = () => editor.querySelector("input[name=kind]:checked").value;
  const label = (name) => editor.querySelector(`input[value=${name}]`).parentElement.textContent.trim();
  const round = (value) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

  function add(tag, className, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    element.setAttribute("class", className);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    svg.append(element);
  }
  const points = (polygon) => polygon.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ");

  function draw() {
    svg.replaceChildren();
    for (const name of KINDS) for (const polygon of zones[name]) add("polygon", name, { points: points(polygon) });
    add("polyline", kind(), { points: points(corners) });
    for (const [x, y] of corners) add("path", "corner", { d: `M${x * 1000} ${y * 1000}h0` });
    if (cross) {
      const [x, y] = cross.map((share) => share * 1000);
      add("path", "cross", { d: `M${x} 0V1000M0 ${y}H1000` });
    }
    const list = document.querySelector("#shapes");
    list.replaceChildren();
    for (const name of KINDS)
      zones[name].forEach((polygon, index) => {
        const item = document.createElement("li");
        item.className = `shape ${name}`;
        item.append(`${label(name)} · ${polygon.length} ${editor.dataset.corners}`);
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button quiet";
        button.textContent = editor.dataset.delete;
        button.setAttribute("aria-label", `${editor.dataset.delete} ${label(name)} ${index + 1}`);
        button.addEventListener("click", () => {
          zones[name].splice(index, 1);
          draw();
        });
        item.append(button);
        list.append(item);
      });
    document.querySelector("#finish").disabled = corners.length < 3;
    document.querySelector("#undo").disabled = corners.length === 0;
  }

  function put(x, y) {
    const corner = [round(x), round(y)];
    if (corners.length < 64) corners.push(corner);
    draw();
  }
  function finish() {
    if (corners.length < 3) return;
    zones[kind()].push(corners);
    corners = [];
    draw();
  }
  function undo() {
    corners.pop();
    draw();
  }

  svg.addEventListener("click", (event) => {
    const box = svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (corners.length >= 3) {
      const [firstX, firstY] = corners[0];
      if (Math.hypot(x - firstX * box.width, y - firstY * box.height) < NEAR_PX) return finish();
    }
    put(x / box.width, y / box.height);
  });
  svg.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.05 : 0.01;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      const [x, y] = cross ?? [0.5, 0.5];
      cross = [round(x + moves[event.key][0]), round(y + moves[event.key][1])];
      draw();
    } else if (event.key === " ") put(...(cross ?? [0.5, 0.5]));
    else if (event.key === "Enter") finish();
    else if (event.key === "Backspace") undo();
    else return;
    event.preventDefault();
  });
  document.querySelector("#finish").addEventListener("click", finish);
  document.querySelector("#undo").addEventListener("click", undo);
  document.querySelector("#save").addEventListener("click", async () => {
    finish();
    if (await post(`/acceptance/zones?camera=${encodeURIComponent(editor.dataset.camera)}`, zones)) location.reload();
  });
  editor.querySelectorAll("input[name=kind]").forEach((radio) => radio.addEventListener("change", draw));

  // The camera is asked for a picture only when somebody wants to draw.
  editor.addEventListener("toggle", async () => {
    const still = document.querySelector("#still");
    if (!editor.open || still.src) return;
    const path = `/acceptance/still.jpg?camera=${encodeURIComponent(editor.dataset.camera)}`;
    still.addEventListener("error", async () => trouble(await reason(await fetch(path))), { once: true });
    still.src = path;
  });
  draw();
}
