// The two sliders of the chapter on optimizers. minigrad has computed every walk; they
// lie in the page as JSON, and this draws the one that the sliders name.
const STEPS = 40;
const LARGEST_CURVATURE = 25; // the smallest is 1

const slider = (id, name, values, start) => `
  <label for="${id}">${name}</label>
  <input id="${id}" type="range" min="0" max="${values.length - 1}"
    value="${values.indexOf(start)}">
  <output for="${id}" aria-live="off"></output>`;

// Curves of equal loss (x x + 25 y y) / 2 are ellipses.
const contours = [0.1, 0.5, 2, 6]
  .map((loss) => Math.sqrt(2 * loss))
  .map((r) => `<ellipse rx="${100 * r}" ry="${(100 * r) / 5}" />`)
  .join("");

const powers = [0, -2, -4, -6, -8];
const gridlines = powers.map((p) => `<path d="M0 ${-10 * p}h400" />`).join("");
const powerLabels = powers
  .map((p) => `<text x="42" y="${27 - 14 * p}">${p ? `1e${p}` : "1"}</text>`)
  .join("");

const template = ({ rates, momenta }) => `
  <div class="momentum-sliders">
    ${slider("momentum-mu", "momentum μ", momenta, 0)}
    ${slider("momentum-eta", "step size η", rates, 0.05)}
  </div>
  <p role="status"></p>
  <svg viewBox="0 0 440 262" role="img" aria-label="The walk, seen from above">
    <svg x="30" width="400" height="233" viewBox="-240 -140 480 280">
      <g class="contour">${contours}</g>
      <polyline class="walk" />
      <g class="points"></g>
    </svg>
    <rect class="frame" x="30.5" y="0.5" width="399" height="232" />
    <text x="230" y="254">x, curvature 1</text>
    <text transform="translate(18 116) rotate(-90)">y, curvature 25</text>
  </svg>
  <svg viewBox="0 0 440 196" role="img" aria-label="Its loss, logarithmic">
    <svg x="70" y="8" width="360" height="154" viewBox="0 -10 400 110"
      preserveAspectRatio="none">
      <g class="contour">${gridlines}</g>
      <polyline class="loss" />
    </svg>
    <rect class="frame" x="70.5" y="8.5" width="359" height="153" />
    <g class="powers">${powerLabels}</g>
    <text x="76" y="178">0</text>
    <text x="422" y="178">${STEPS}</text>
    <text x="250" y="188">step</text>
    <text transform="translate(14 85) rotate(-90)">loss / first loss</text>
  </svg>`;

// What the walk does, in words. `fall` holds ten times log10(loss / first loss).
const tell = (momentum, rate, fall) => {
  const limit = (2 * (1 + momentum)) / LARGEST_CURVATURE;
  const last = fall[STEPS] / 10;
  const times = Number((10 ** Math.abs(last)).toPrecision(2)).toLocaleString("en");
  const below = fall.findIndex((tenths) => tenths <= -30);
  const words = [`Momentum ${momentum}, step size ${rate}.`];
  if (last < 0) words.push(`After ${STEPS} steps the loss is ${times} times smaller.`);
  else if (last > 0) words.push(`After ${STEPS} steps the loss is ${times} times larger.`);
  else words.push(`After ${STEPS} steps the loss is what it was.`);
  if (below > 0) words.push(`It first fell below a thousandth at step ${below}.`);
  if (rate > limit + 1e-9) {
    words.push(`The step size is above the limit ${limit.toFixed(3)}: the walk diverges.`);
  } else if (momentum === 1) {
    words.push("With momentum 1 a walk never settles.");
  }
  return words.join(" ");
};

const bring = (figure) => {
  const data = JSON.parse(figure.querySelector("script").textContent);
  figure.innerHTML = template(data);
  const [mu, eta] = figure.querySelectorAll("input");
  const [muShown, etaShown] = figure.querySelectorAll("output");
  const status = figure.querySelector("[role=status]");

  const draw = () => {
    const momentum = data.momenta[mu.value];
    const rate = data.rates[eta.value];
    const number = mu.value * data.rates.length + Number(eta.value);
    const path = data.paths[number]; // x, y, x, y, ... in hundredths
    const fall = data.falls[number];

    muShown.value = momentum;
    etaShown.value = rate;
    mu.setAttribute("aria-valuetext", momentum);
    eta.setAttribute("aria-valuetext", rate);
    status.textContent = tell(momentum, rate, fall);

    const points = fall.map((_, step) => [path[2 * step], -path[2 * step + 1]]);
    figure.querySelector(".walk").setAttribute("points", points.join(" "));
    figure.querySelector(".points").innerHTML = points
      .map(([x, y], step) => `<circle cx="${x}" cy="${y}" r="${step < STEPS ? 3 : 6}" />`)
      .join("");
    const losses = fall.map((tenths, step) => [(400 / STEPS) * step, -tenths]);
    figure.querySelector(".loss").setAttribute("points", losses.join(" "));
  };
  mu.addEventListener("input", draw);
  eta.addEventListener("input", draw);
  draw();
};

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".momentum-figure").forEach(bring);
});
