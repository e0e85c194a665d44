// The camera of every figure offers PNG, SVG and PDF. Plotly's own button writes one format only, so it is asked for SVG,
// and what it would have downloaded becomes the other two. Figures of HTML, which have a button of class "figure-camera"
// in an element with data-figure="NAME", are drawn as SVG from the places and colours of their elements.

const OWN = ".figure-camera";
const CAMERA = `.modebar-btn[data-title^="Download plot"], ${OWN}`;
const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 12; // around a figure of HTML: texts may be wider in the fonts of another program
const SCALE = 3; // a figure of 700 pixels has 300 dots per inch at 17 cm
const POINTS = 0.75; // of a CSS pixel
const PATIENCE = 30000;
const LIBRARIES = ["jspdf.umd.min.js", "svg2pdf.umd.min.js"];
const WITHOUT_GLYPH = /[^\x20-\xff\s–—‘’“”•…€]/; // characters that a PDF's built-in Helvetica lacks
const STYLE = `position:fixed;z-index:1000000;display:flex;gap:2px;padding:4px;border-radius:8px;
border:1px solid rgba(128,128,128,.4);box-shadow:0 2px 8px rgba(0,0,0,.25);font:14px sans-serif`;
const ITEM = "font:inherit;color:inherit;background:none;border:0;border-radius:6px;padding:8px 12px;cursor:pointer";

export default function ({ data }) {
  let menu = null;
  let passing = false; // the click is our own: Plotly may have it

  const close = () => {
    menu?.remove();
    menu = null;
  };
  const onClick = (event) => {
    const camera = event.composedPath()[0].closest?.(CAMERA); // it may be in the shadow tree of a component
    if (passing) return;
    if (!menu?.contains(event.target)) close();
    if (!camera) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    open(camera);
  };
  const onKey = (event) => {
    if (event.key === "Escape") close();
  };

  function open(camera) {
    menu = document.createElement("div");
    menu.className = "figure-menu";
    menu.setAttribute("role", "menu");
    menu.setAttribute("aria-label", "Save the figure as");
    const { backgroundColor, color } = pageColours();
    menu.style.cssText = `${STYLE};background:${backgroundColor};color:${color}`;
    for (const [format, write] of Object.entries({ PNG: asPng, SVG: asSvg, PDF: asPdf })) {
      const item = document.createElement("button");
      item.type = "button";
      item.textContent = format;
      item.setAttribute("role", "menuitem");
      item.style.cssText = ITEM;
      item.addEventListener("click", async () => {
        close();
        const figure = camera.matches(OWN) ? pictured(camera.closest("[data-figure]")) : await drawn(camera);
        download(await write(figure), `${figure.name}.${format.toLowerCase()}`);
      });
      menu.append(item);
    }
    document.body.append(menu);
    const place = camera.getBoundingClientRect();
    const left = Math.min(place.left, window.innerWidth - menu.offsetWidth - 8);
    menu.style.left = `${Math.max(8, left)}px`;
    menu.style.top = `${Math.min(place.bottom + 4, window.innerHeight - menu.offsetHeight - 8)}px`;
    menu.firstChild.focus();
  }

  // What Plotly's camera would download: the figure as an SVG element, and its name.
  function drawn(camera) {
    const { click } = HTMLAnchorElement.prototype;
    const { createObjectURL } = URL;
    let blob = null;
    return new Promise((resolve, reject) => {
      const restore = () => {
        clearTimeout(timer);
        HTMLAnchorElement.prototype.click = click;
        URL.createObjectURL = createObjectURL;
      };
      const timer = setTimeout(() => {
        restore();
        reject(new Error("Plotly drew no figure"));
      }, PATIENCE);
      URL.createObjectURL = (given) => {
        blob = given;
        return createObjectURL.call(URL, given);
      };
      HTMLAnchorElement.prototype.click = function () {
        if (!this.download.endsWith(".svg")) {
          click.call(this);
          return;
        }
        restore();
        const name = this.download.slice(0, -4);
        blob.text().then((text) => resolve({ name, svg: onPage(text) }), reject);
      };
      passing = true;
      camera.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
      passing = false;
    });
  }

  async function asPdf({ svg }) {
    await libraries(data.files);
    const [width, height] = sizeOf(svg).map((side) => side * POINTS);
    const pdf = new window.jspdf.jsPDF({
      unit: "pt",
      format: [width, height],
      orientation: width > height ? "landscape" : "portrait",
    });
    for (const text of svg.querySelectorAll("text, tspan")) {
      text.style.fontFamily = "helvetica";
      for (const node of text.childNodes) {
        if (node.nodeType === Node.TEXT_NODE) node.data = node.data.replaceAll("−", "–"); // the minus sign
      }
    }
    if (WITHOUT_GLYPH.test(svg.textContent)) {
      const url = await asUrl(await asPng({ svg }));
      pdf.addImage(url, "PNG", 0, 0, width, height);
    } else {
      const place = document.createElement("div");
      place.style.cssText = "position:fixed;left:-100000px";
      place.append(svg);
      document.body.append(place);
      await window.svg2pdf.svg2pdf(svg, pdf, { x: 0, y: 0, width, height });
      place.remove();
    }
    return pdf.output("blob");
  }

  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  return () => {
    close();
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("keydown", onKey);
  };
}

function pageColours() {
  return getComputedStyle(document.querySelector(".stApp") ?? document.body);
}

// An SVG element with the background of the page, on which its colours can be read.
function onPage(text) {
  return withPaper(new DOMParser().parseFromString(text, "image/svg+xml").documentElement);
}

function withPaper(svg) {
  svg.prepend(made("rect", { width: "100%", height: "100%", fill: pageColours().backgroundColor }));
  return svg;
}

function made(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// A figure of HTML elements as SVG: their backgrounds, texts and images where the browser shows them.
function pictured(figure) {
  const { left, top, width, height } = figure.getBoundingClientRect();
  const place = ({ x, y }) => ({ x: x - left + MARGIN, y: y - top + MARGIN });
  const svg = made("svg", { width: width + 2 * MARGIN, height: height + 2 * MARGIN });
  draw(figure, svg, place);
  return { name: figure.dataset.figure, svg: withPaper(svg) };
}

function draw(element, parent, place) {
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden" || element.matches(OWN)) return;
  const group = style.opacity === "1" ? parent : parent.appendChild(made("g", { opacity: style.opacity }));
  const box = element.getBoundingClientRect();
  const { width, height } = box;
  const fill = fillOf(style);
  if (fill && width && height)
    group.append(made("rect", { ...place(box), width, height, rx: Number.parseFloat(style.borderRadius) || 0, fill }));
  const line = Number.parseFloat(style.borderBottomWidth);
  if (line && width && height) {
    const { x, y } = place(box);
    group.append(made("rect", { x, y: y + height - line, width, height: line, fill: style.borderBottomColor }));
  }
  if (element instanceof HTMLImageElement && element.src)
    group.append(imageOf(element, { ...place(box), width, height }));
  if (element instanceof HTMLCanvasElement && width && height)
    group.append(pixelsOf(element, { ...place(box), width, height }));
  for (const node of element.childNodes) {
    if (node.nodeType === Node.ELEMENT_NODE) draw(node, group, place);
    else if (node.nodeType === Node.TEXT_NODE) for (const line of linesOf(node, style, place)) group.append(line);
  }
}

// The colour behind an element, or that of its stripes; empty if there is none.
function fillOf({ backgroundColor, backgroundImage }) {
  if (!/rgba\(.*, 0\)|transparent/.test(backgroundColor)) return backgroundColor;
  return backgroundImage.startsWith("repeating-linear-gradient") ? backgroundImage.match(/rgba?\([^)]*\)/)[0] : "";
}

function imageOf(image, place) {
  const [kind, data] = image.src.split(";base64,");
  if (kind === "data:image/svg+xml" && data) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const svg = new DOMParser().parseFromString(new TextDecoder().decode(bytes), kind.slice(5)).documentElement;
    for (const [key, value] of Object.entries(place)) svg.setAttribute(key, value);
    return svg;
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d").drawImage(image, 0, 0);
  return pixelsOf(canvas, place);
}

function pixelsOf(canvas, place) {
  return made("image", { ...place, href: canvas.toDataURL(), style: "image-rendering:pixelated" });
}

// The text of a node, one element for each line; a name that is cut off ends in "…".
function linesOf(node, style, place) {
  const lines = [];
  const range = document.createRange();
  const clip = node.parentElement.getBoundingClientRect();
  const isCut = style.textOverflow === "ellipsis" && node.parentElement.scrollWidth > node.parentElement.clientWidth;
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (!box.width || (isCut && box.left > clip.right)) continue;
    const last = lines.at(-1);
    if (last && Math.abs(last.box.y - box.y) < 1) last.text += ` ${word}`;
    else lines.push({ box, text: word });
  }
  const size = Number.parseFloat(style.fontSize);
  return lines.map(({ box, text }) => {
    const { x, y } = place(box);
    const room = Math.floor((text.length * clip.width) / node.parentElement.scrollWidth) - 1;
    const shown = isCut ? `${text.slice(0, Math.max(1, room))}…` : text;
    const { fontFamily, fontWeight, color } = style;
    const line = made("text", { x, y: y + box.height / 2 + 0.35 * size, "font-size": size, fill: color });
    line.setAttribute("font-family", fontFamily);
    line.setAttribute("font-weight", fontWeight);
    line.textContent = shown;
    return line;
  });
}

function sizeOf(svg) {
  return [svg.width.baseVal.value, svg.height.baseVal.value];
}

function asSvg({ svg }) {
  return new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" });
}

async function asPng({ svg }) {
  const [width, height] = sizeOf(svg);
  const image = new Image(width, height);
  image.src = await asUrl(asSvg({ svg }));
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function asUrl(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.readAsDataURL(blob);
  });
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// 160 kB of code, loaded with the first PDF, one after the other: the second needs the first.
async function libraries(folder) {
  if (window.svg2pdf) return;
  for (const name of LIBRARIES) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`${folder}/${name}`, document.baseURI);
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    });
  }
}
