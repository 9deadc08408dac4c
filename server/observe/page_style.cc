#include "observe/page_assets.h"

namespace holter::observe {

const std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --ground: #fafaf8; --raised: #ffffff; --ink: #1b1f24; --soft: #626a75; --line: #e2e2dd; --link: #1a56b0;
  --down: #c5221f; --degraded: #a85a00; --unknown: #6b7280; --healthy: #1c7a3f;
  --down-wash: #fdecea; --degraded-wash: #fff3e0; --unknown-wash: #f0f1f3; --healthy-wash: #e8f5ec;
  --c0: #1a6fd4; --c1: #b0489e; --c2: #0d8a7a; --c3: #c77700; --c4: #6d5bd0; --c5: #7a7a2e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #111417; --raised: #181c20; --ink: #e4e7ea; --soft: #939ca6; --line: #2a3036; --link: #82b4ff;
    --down: #ff7b72; --degraded: #f0a94a; --unknown: #a0a8b2; --healthy: #5fce84;
    --down-wash: #3a1a1a; --degraded-wash: #35260f; --unknown-wash: #22272c; --healthy-wash: #13291b;
    --c0: #6cb0ff; --c1: #e08bd2; --c2: #4fd0bd; --c3: #f2b457; --c4: #a99cff; --c5: #c9c96a;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; padding: 0 1.5rem 2rem; max-width: 84rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: .2rem 0 .6rem; display: flex; gap: .7rem; align-items: center; flex-wrap: wrap; }
h2 { font-size: .8rem; font-weight: 600; color: var(--soft); margin: 1.6rem 0 .4rem; }
.more, .asof, footer { color: var(--soft); font-size: .85rem; }
code { font: .9em ui-monospace, "DejaVu Sans Mono", monospace; }

.top { display: flex; align-items: center; gap: 1rem; padding: .9rem 0; border-bottom: 1px solid var(--line); margin-bottom: 1.2rem; }
.brand { display: flex; align-items: center; gap: .5rem; font-weight: 650; font-size: 1.05rem; color: var(--ink); }
.brand:hover { text-decoration: none; }
.brand path { fill: none; stroke: var(--down); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.asof { margin: 0 0 0 auto; font-variant-numeric: tabular-nums; }
button, select, input {
  font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .3rem .6rem;
}
button { cursor: pointer; }
#live { font-size: .85rem; padding: .15rem .6rem; }
#live::before { content: "●"; color: var(--soft); margin-right: .4rem; }
#live[aria-pressed="true"]::before { color: var(--healthy); }
.notice { padding: .6rem .9rem; border-radius: 6px; border-left: 4px solid; margin: 0 0 1rem; }
.notice.warn { background: var(--degraded-wash); border-color: var(--degraded); }
.notice.bad { background: var(--down-wash); border-color: var(--down); }

.tiles { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; }
.tile a {
  display: block; padding: .7rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); color: var(--ink);
}
.tile a:hover { border-color: currentColor; text-decoration: none; }
.tile b { display: block; font-size: 2rem; line-height: 1.15; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile span { font-size: .9rem; color: var(--soft); }
.tile.down b { color: var(--down); } .tile.degraded b { color: var(--degraded); }
.tile.unknown b { color: var(--unknown); } .tile.healthy b { color: var(--healthy); }
.tile.none b { color: var(--soft); font-weight: 400; }
.tile.down:not(.none) a { background: var(--down-wash); border-color: transparent; }
.shares { display: block; width: 100%; height: 6px; margin: .8rem 0 .5rem; border-radius: 3px; }
.shares .down { fill: var(--down); } .shares .degraded { fill: var(--degraded); }
.shares .unknown { fill: var(--unknown); } .shares .healthy { fill: var(--healthy); }
.states { margin: 0; color: var(--soft); } .states b { color: var(--ink); } .states a { margin-left: .5rem; }
.columns { display: flex; flex-wrap: wrap; gap: 0 3rem; }

.search { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; margin: 1.6rem 0 .8rem; }
.search label { color: var(--soft); font-size: .9rem; }
.search input[type="search"] { width: 24rem; max-width: 70vw; color: var(--ink); margin-left: .3rem; }
.search select { color: var(--ink); margin-left: .3rem; }
.choices { margin: .2rem 0 .8rem; color: var(--soft); }
.choice { background: var(--unknown-wash); color: var(--ink); border-radius: 1rem; padding: .1rem .7rem; margin-right: .3rem; }

table { border-collapse: collapse; width: 100%; font-size: .92rem; }
table.small { width: auto; }
th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--soft); white-space: nowrap; }
th a { color: inherit; }
th, td { padding: .38rem .8rem .38rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; }
table.small th, table.small td { padding: .15rem 1.2rem .15rem 0; border: 0; }
.sessions tbody tr:hover, .events tbody tr:hover { background: var(--raised); }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.time { white-space: nowrap; color: var(--soft); font-variant-numeric: tabular-nums; }
td.name { white-space: nowrap; } td.name a { font-weight: 550; } td.name .more { font-weight: 400; }
td.host { color: var(--soft); white-space: nowrap; max-width: 15rem; overflow: hidden; text-overflow: ellipsis; }
th.n { text-align: right; }
td.why { width: 40%; overflow-wrap: anywhere; }
td.n.down { color: var(--down); font-weight: 600; } td.n.degraded { color: var(--degraded); }
.badge {
  display: inline-block; min-width: 6.2rem; text-align: center; padding: .05rem .5rem; border-radius: 4px; font-size: .75rem;
  font-weight: 650; letter-spacing: .02em; line-height: 1.5; color: var(--unknown); background: var(--unknown-wash);
}
.badge.down { color: var(--down); background: var(--down-wash); }
.badge.degraded { color: var(--degraded); background: var(--degraded-wash); }
.badge.healthy { color: var(--healthy); background: var(--healthy-wash); }
.verdict.dead { color: var(--down); font-weight: 600; } .verdict.late { color: var(--degraded); } .verdict.alive { color: var(--healthy); }
.pages { display: flex; gap: 1rem; margin: .9rem 0; color: var(--soft); font-size: .9rem; font-variant-numeric: tabular-nums; }

.crumbs { margin: 0 0 .3rem; font-size: .9rem; color: var(--soft); }
.story { font-size: 1.1rem; margin: 0; padding: .7rem 1rem; border-left: 4px solid var(--unknown); background: var(--raised); border-radius: 0 6px 6px 0; max-width: 60rem; overflow-wrap: anywhere; }
.story.down { border-color: var(--down); background: var(--down-wash); }
.story.degraded { border-color: var(--degraded); background: var(--degraded-wash); }
.story.healthy { border-color: var(--healthy); }
.detail { color: var(--soft); max-width: 60rem; overflow-wrap: anywhere; }
.chart { display: block; width: 100%; max-width: 60rem; height: auto; margin-top: .3rem; }
.chart text { font-size: 10px; fill: var(--soft); } .chart .grid { stroke: var(--line); }
.chart .line { fill: none; stroke-width: 1.6; stroke-linejoin: round; } .chart .miss { stroke: var(--down); stroke-width: 1.5; }
.line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); }
.line.c3 { stroke: var(--c3); } .line.c4 { stroke: var(--c4); } .line.c5 { stroke: var(--c5); }
.dot.c0 { fill: var(--c0); } .dot.c1 { fill: var(--c1); } .dot.c2 { fill: var(--c2); }
.dot.c3 { fill: var(--c3); } .dot.c4 { fill: var(--c4); } .dot.c5 { fill: var(--c5); }
.legend { list-style: none; margin: .3rem 0 0; padding: 0; font-size: .9rem; }
.key { display: inline-block; width: .8rem; height: .25rem; border-radius: 2px; margin-right: .5rem; vertical-align: middle; }
.key.c0 { background: var(--c0); } .key.c1 { background: var(--c1); } .key.c2 { background: var(--c2); }
.key.c3 { background: var(--c3); } .key.c4 { background: var(--c4); } .key.c5 { background: var(--c5); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: .1rem 2rem; margin: 1.6rem 0 0; }
dl div { padding: .3rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); font-size: .8rem; } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); }
@media (max-width: 48rem) {
  body { padding: 0 .8rem 2rem; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .sessions { display: block; overflow-x: auto; } .events, #beats table { display: block; overflow-x: auto; }
}
)css";

}  // namespace holter::observe
