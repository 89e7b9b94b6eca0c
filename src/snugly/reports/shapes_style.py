"""The look and the behaviour of the page of ``snugly shapes``: its style sheet and its script."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --text: #1c2024; --quiet: #60646c; --line: #e0e3e7; --back: #ffffff;
  --panel: #f7f8f9; --good: #18794e; --bad: #c62a2f; --bad-back: #fff0ef; --warn: #8a5a00; --warn-back: #fff7e0;
  --shape: #0b62bf; --shape-back: #eaf3fd; --path: #6e3fc4; --path-back: #f1ebfc; --string: #0f6a48;
  --keyword: #8a3ab0; --number: #a2480b; --new: #0b5394; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e8ea; --quiet: #a0a4ab; --line: #33373d; --back: #15171a;
  --panel: #1b1e22; --good: #4cc38a; --bad: #ff7a7f; --bad-back: #331a1c; --warn: #e9b44c; --warn-back: #2e2614;
  --shape: #7cbcff; --shape-back: #172b40; --path: #bda1f7; --path-back: #2a2141; --string: #7ccfa5;
  --keyword: #d3a0f0; --number: #f0a471; --new: #8ac0ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
header { padding: 1.4rem 1.5rem .9rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.2rem; margin: 0; font-weight: 600; } h2 { font-size: .95rem; margin: 0 0 .5rem; }
header p { margin: .25rem 0 0; color: var(--quiet); max-width: 60rem; } p .bad { color: var(--bad); }
main { display: grid; grid-template-columns: minmax(0, 1fr) 23rem; align-items: start; }
.source { margin: 0; padding: .8rem 0 3rem; list-style: none; font: 13px/1.55 ui-monospace, SFMono-Regular, Menlo,
  Consolas, monospace; border-right: 1px solid var(--line); min-height: 70vh; }
.line { display: flex; flex-wrap: wrap; align-items: baseline; padding: 0 1rem 0 0; border-left: 3px solid transparent;
  scroll-margin: 6rem; }
.line:target { background: var(--shape-back); }
.number-of { flex: none; width: 3.6rem; padding-right: 1rem; text-align: right; color: var(--quiet); user-select: none;
  text-decoration: none; }
.code { white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 4; padding-right: 1.5rem; flex: 0 1 auto;
  min-width: 0; }
.beside { margin-left: auto; display: flex; flex-wrap: wrap; gap: .15rem .35rem; justify-content: flex-end;
  padding-left: 3.6rem; }
.string { color: var(--string); } .keyword { color: var(--keyword); } .number { color: var(--number); }
.comment { color: var(--quiet); font-style: italic; } .new { color: var(--new); font-weight: 600; }
.call { display: flex; flex-wrap: wrap; gap: .15rem .35rem; justify-content: flex-end; }
.loss { color: var(--quiet); padding: 0 .1rem 0 .4rem; }
.tensor, .unknown { font: inherit; border: 1px solid transparent; border-radius: 5px; padding: 0 .4rem; margin: 0;
  text-align: left; }
.tensor { color: var(--shape); background: var(--shape-back); cursor: pointer; }
.tensor .name { color: var(--text); } .tensor:hover { border-color: var(--shape); }
.tensor.argument { font-weight: 600; border-color: color-mix(in srgb, var(--shape) 45%, transparent); }
.tensor.partly { border: 1px dashed var(--warn); } .unknown { color: var(--warn); border: 1px dashed var(--warn);
  background: none; cursor: help; }
.tensor[aria-pressed=true] { background: var(--path); color: var(--back); border-color: var(--path); }
.tensor[aria-pressed=true] .name { color: inherit; }
:focus-visible { outline: 2px solid var(--path); outline-offset: 1px; }
.line.error { border-left-color: var(--bad); background: var(--bad-back); }
.line.warning { border-left-color: var(--warn); background: var(--warn-back); }
.line.cause { border-left: 3px dashed var(--bad); }
.picked .line { opacity: .42; } .picked .line.cause, .picked .line.error, .picked .line.path,
  .picked .line:hover, .picked .line:focus-within { opacity: 1; }
.line.path { background: var(--path-back); border-left: 3px solid var(--path); }
.line.path.error, .line.path.cause { border-left-color: var(--bad); }
.line.path.warning { border-left-color: var(--warn); }
.finding { margin: .15rem 1rem .6rem 3.6rem; padding: .5rem .8rem; border-left: 3px solid var(--bad); max-width: 58rem;
  background: var(--bad-back); border-radius: 0 6px 6px 0; font: 14px/1.45 system-ui, sans-serif; }
.finding.warning { border-color: var(--warn); background: var(--warn-back); } .finding p { margin: 0; }
.finding strong { color: var(--bad); } .finding.warning strong { color: var(--warn); }
.finding summary { cursor: pointer; color: var(--good); margin-top: .25rem; }
.finding pre { margin: .4rem 0 0; font-size: 12.5px; overflow-x: auto; }
.added { color: var(--good); } .removed { color: var(--bad); }
aside { position: sticky; top: 0; max-height: 100vh; overflow: auto; padding: 1.1rem 1.25rem 2rem; }
aside section + section { margin-top: 1.8rem; } aside p { color: var(--quiet); margin: 0 0 .6rem; font-size: 14px; }
.first { color: var(--bad); font: 13px/1.55 system-ui, sans-serif; } a.bad { color: inherit; }
.steps, .list { margin: 0; padding: 0; list-style: none; font-size: 13px; }
.steps li { position: relative; padding: 0 0 .8rem 1.1rem; border-left: 2px solid var(--path); margin-left: 5px; }
.steps li::before { content: ""; position: absolute; left: -6px; top: .4rem; width: 10px; height: 10px;
  border-radius: 50%; background: var(--path); }
.steps li:last-child { border-color: transparent; padding-bottom: 0; }
.steps code, .list code { font: 12.5px/1.45 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.steps code { display: block; } .layer { display: block; font-size: 12.5px; color: var(--quiet); }
.steps .layer code { display: inline; } .steps .shape { color: var(--shape); } .quiet { color: var(--quiet); }
.steps .changed { font-weight: 600; }
a { color: var(--path); } .list li { margin-bottom: .5rem; }
.clear { font: inherit; font-size: 13px; color: inherit; background: none; border: 1px solid var(--line);
  border-radius: 5px; padding: .1rem .6rem; cursor: pointer; margin-bottom: .9rem; }
.details { display: none; }
#tip { position: fixed; z-index: 2; max-width: min(34rem, calc(100vw - 2rem)); padding: .55rem .8rem; font-size: 13px;
  background: var(--back); border: 1px solid var(--line); border-radius: 8px; pointer-events: none;
  box-shadow: 0 6px 24px rgb(0 0 0 / .22); }
#tip .row { display: grid; grid-template-columns: 5.6rem 1fr; gap: .7rem; } #tip .row b { font-weight: 500;
  color: var(--quiet); } #tip .row span { overflow-wrap: anywhere; }
@media (max-width: 68rem) { main { grid-template-columns: minmax(0, 1fr); } .source { border-right: 0; }
  aside { position: static; max-height: none; border-top: 1px solid var(--line); }
  .picked aside { position: sticky; top: auto; bottom: 0; max-height: 42vh; background: var(--panel); } }
@media print { aside, #tip { display: none; } main { display: block; } }
"""

SCRIPT = """
const page = document.body, tip = document.getElementById('tip'), panel = document.getElementById('path');
const steps = document.getElementById('steps').content, idle = panel.innerHTML;
let picked = null;
function clear() {
  if (!picked) return;
  picked.setAttribute('aria-pressed', 'false');
  document.querySelectorAll('.line.path').forEach(line => line.classList.remove('path'));
  page.classList.remove('picked');
  panel.innerHTML = idle;
  picked = null;
}
function pick(tensor) {
  const again = tensor === picked;
  clear();
  if (again) return;
  picked = tensor;
  tensor.setAttribute('aria-pressed', 'true');
  page.classList.add('picked');
  const list = document.createElement('ol');
  list.className = 'steps';
  for (const name of tensor.dataset.steps.split(' ').filter(Boolean)) {
    const step = steps.getElementById(name).cloneNode(true);
    step.removeAttribute('id');
    list.append(step);
    for (const line of step.dataset.lines.split(' ').filter(Boolean)) {
      document.getElementById('L' + line)?.classList.add('path');
    }
  }
  tensor.closest('.line').classList.add('path');
  const heading = document.createElement('h2'), stop = document.createElement('button');
  heading.textContent = 'The path of ' + tensor.querySelector('.name').textContent;
  stop.className = 'clear';
  stop.textContent = 'Show every line (Esc)';
  stop.onclick = () => { const last = picked; clear(); last.focus(); };
  panel.replaceChildren(heading, stop, list);
}
function show(about) {
  tip.innerHTML = about.querySelector('.details').innerHTML;
  tip.hidden = false;
  const at = about.getBoundingClientRect(), size = tip.getBoundingClientRect();
  tip.style.left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8)) + 'px';
  const fits = at.bottom + size.height + 12 < innerHeight;
  tip.style.top = (fits ? at.bottom + 6 : Math.max(8, at.top - size.height - 6)) + 'px';
}
const hide = () => { tip.hidden = true; };
const about = event => event.target.closest && event.target.closest('.tensor, .unknown');
document.addEventListener('click', event => { const it = event.target.closest('.tensor'); if (it) pick(it); });
document.addEventListener('mouseover', event => { const it = about(event); if (it) show(it); else hide(); });
document.addEventListener('focusin', event => { const it = about(event); if (it) show(it); else hide(); });
document.addEventListener('focusout', hide);
document.addEventListener('scroll', hide, true);
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  if (tip.hidden) clear(); else if (picked) { hide(); clear(); } else hide();
});
"""
