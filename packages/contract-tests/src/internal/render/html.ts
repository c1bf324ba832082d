import * as Either from "effect/Either"
import * as NodeCrypto from "node:crypto"
import type { Body, Exchange } from "../../Exchange.js"
import type { Report, Result } from "../../Report.js"
import { parseJson } from "../json.js"
import * as curl from "./curl.js"
import { html, Markup, type Piece } from "./markup.js"
import * as page from "./page.js"
import * as view from "./view.js"

// -----------------------------------------------------------------------------
// pieces
// -----------------------------------------------------------------------------

const anchor = (id: string): string => `scenario-${id.replace(/[^\w./-]+/g, "-")}`

const link = (id: string): string => `#${anchor(id)}`

const searchable = (...texts: ReadonlyArray<string>): string => texts.join(" ").toLowerCase()

const tags = ({ group, operations }: Result): string =>
  [...operations.map((operation) => `op:${operation}`), `group:${group}`].join(" ").toLowerCase()

const token = /("(?:\\.|[^"\\])*"(?:\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)/

const kindOf = (token: string): string => token.endsWith(":") ? "key" : token.startsWith("\"") ? "string" : "number"

const pretty = (text: string): Piece => {
  const json = parseJson(text)
  if (Either.isLeft(json)) return text
  return JSON.stringify(json.right, null, 2).split(token).map((part, index) =>
    index % 2 === 0 ? part : html`<span class="${kindOf(part)}">${part}</span>`
  )
}

const bodyOf = (body: Body | null, none: string): Piece => {
  if (body === null) return html`<p class="note">${none}</p>`
  const size = body.bytes === null ? "of unknown size" : `of ${view.plural(body.bytes, "byte")}`
  if (body.text === null) return html`<p class="note">A body ${size} that is not shown.</p>`
  if (body.text === "") return html`<p class="note">An empty body.</p>`
  return [
    html`<pre tabindex="0">${pretty(body.text)}</pre>`,
    body.truncated ? html`<p class="note">The first 64 KB of a body ${size}.</p>` : undefined
  ]
}

const headersOf = (headers: Readonly<Record<string, string>>): Piece => {
  const entries = Object.entries(headers)
  return entries.length === 0 ?
    undefined :
    html`<details><summary>${view.plural(entries.length, "header")}</summary><pre>${
      entries.map(([name, value]) => `${name}: ${value}`).join("\n")
    }</pre></details>`
}

const statusOf = ({ response }: Exchange): Markup => {
  if (response === null) return html`<span class="status bad">no response</span>`
  return html`<span class="status ${response.status < 400 ? "good" : "skip"}">${response.status}</span>`
}

const findingsOf = ({ findings }: Exchange): Piece =>
  findings.length === 0 ? undefined : html`<ul class="findings">${
    findings.map((finding) => {
      const { field, what } = finding
      const example = view.exampleOf(finding)
      return html`<li><code>${field === "" ? "the response" : field}</code> ${what}${
        example === undefined ? undefined : html` (it was <code>${example}</code>)`
      }</li>`
    })
  }</ul>`

const exchangeOf = (exchange: Exchange, isOpen: boolean): Markup => {
  const { response, failure, findings, request } = exchange
  const caveat = curl.caveat(request)
  return html`<li><details${isOpen ? new Markup(" open") : undefined}>
<summary><span class="mono">${request.method} ${request.path}</span> ${statusOf(exchange)}${
    findings.length === 0 ? undefined : html` <span class="warn">${view.plural(findings.length, "deviation")}</span>`
  }</summary>
<div class="messages">
<div><h4>Request</h4>${headersOf(request.headers)}${bodyOf(request.body, "No body.")}
<h4>Repeat it</h4>${
    caveat === undefined ? undefined : html`<p class="note">${caveat}</p>`
  }<div class="command"><pre tabindex="0">${curl.command(request)}</pre><button type="button">Copy</button></div></div>
<div><h4>Response</h4>${response === null ? undefined : headersOf(response.headers)}${
    failure === null ? undefined : html`<p class="note bad">${failure}</p>`
  }${findingsOf(exchange)}${response === null ? undefined : bodyOf(response.body, "Its body was not read.")}</div>
</div></details></li>`
}

// -----------------------------------------------------------------------------
// sections
// -----------------------------------------------------------------------------

const section = (id: string, title: string, count: number | undefined, lead: Piece, content: Piece): Markup =>
  html`<section id="${id}" aria-labelledby="${id}-title"${id === "scenarios" ? undefined : new Markup(" data-group")}>
<h2 id="${id}-title">${title}${
    count === undefined ? undefined : html` <span class="count">${count.toLocaleString("en")}</span>`
  }</h2>
<p class="lead">${lead}</p>
${content}
</section>`

const cellOf = (operation: string, { count, group, title }: view.Row["cells"][number]): Markup => {
  const { failed, passed, skipped } = count
  if (failed + passed + skipped === 0) {
    return html`<td class="none"><span aria-hidden="true">·</span><span class="visually-hidden">none</span></td>`
  }
  const parts = [
    ...failed > 0 ? [["✗", failed, "failed"] as const] : [],
    ...passed > 0 ? [["✓", passed, "passed"] as const] : [],
    ...skipped > 0 ? [["–", skipped, "skipped"] as const] : []
  ]
  const told = parts.map(([, count, what]) => `${count} ${what}`).join(", ")
  return html`<td><a class="cell ${
    failed > 0 ? "bad" : passed > 0 ? "good" : "skip"
  }" href="#scenarios" data-filter="op:${operation.toLowerCase()} group:${group}" title="${title}: ${told}">${
    parts.map(([sign, count]) => html`<span aria-hidden="true">${sign} ${count}</span>`)
  }<span class="visually-hidden">${told}</span></a></td>`
}

const matrixOf = (report: Report): Markup => {
  const heads = view.groups.map(([, title]) => html`<th scope="col">${title}</th>`)
  const bodies = view.matrix(report).map(({ resource, rows }) =>
    html`<tbody data-group><tr class="resource"><th scope="rowgroup" colspan="${
      view.groups.length + 2
    }">${resource}</th></tr>${
      rows.map(({ cells, deviations, endpoint, operation }) =>
        html`<tr data-text="${
          searchable(operation, resource, endpoint?.path ?? "")
        }" data-tags="op:${operation.toLowerCase()} ${
          cells.filter(({ count: { failed, passed, skipped } }) => failed + passed + skipped > 0).map(({ group }) =>
            `group:${group}`
          ).join(" ")
        }"><th scope="row">${operation}${
          endpoint === undefined ? undefined : html`<span class="route">${endpoint.method} ${endpoint.path}</span>`
        }</th>${cells.map((cell) => cellOf(operation, cell))}<td class="number">${
          deviations === 0
            ? html`<span class="visually-hidden">none</span>`
            : html`<a class="cell warn" href="#deviations">${deviations}</a>`
        }</td></tr>`
      )
    }</tbody>`
  )
  return html`<div class="panel" tabindex="0" role="region" aria-label="Matrix of operations and scenarios"><table class="matrix">
<thead><tr><th scope="col">Operation</th>${heads}<th scope="col" class="number">Deviations</th></tr></thead>
${bodies}
</table></div>`
}

/** The maximum number of mistakes that show their last exchange. */
const maxOpen = 5

/**
 * The maximum number of exchanges of a failure. Only the last are shown: shrinking a generated request takes hundreds.
 */
const maxExchanges = 40

const saidOf = (expectation: string, message: string): Markup =>
  html`<dl class="said"><dt>Expected</dt><dd>${expectation}</dd><dt>But</dt><dd class="came">${message}</dd></dl>`

const exchangesOf = ({ exchanges }: Result, isOpen: boolean): Piece => {
  const shown = exchanges.slice(-maxExchanges)
  const left = exchanges.length - shown.length
  return [
    left === 0
      ? undefined
      : html`<p class="note">The last ${maxExchanges} requests. Those before are in the report's JSON.</p>`,
    html`<ol class="exchanges" start="${left + 1}">${
      shown.map((exchange, index) => exchangeOf(exchange, isOpen && index === shown.length - 1))
    }</ol>`
  ]
}

/** The attribute of an anchor. A scenario that several mistakes fail has its anchor at the first. */
const idOf = ({ id }: Result, isFirst: boolean): Piece =>
  isFirst ? new Markup(` id="${html`${anchor(id)}`.html}"`) : undefined

const alsoOf = (result: view.Failed, isFirst: boolean): Markup => {
  const { id, title, verdict } = result
  return html`<details class="also"${idOf(result, isFirst)}><summary><code>${id}</code> ${title}</summary>${
    isFirst ? [saidOf(verdict.expectation, verdict.message), exchangesOf(result, false)] : undefined
  }</details>`
}

const mistakeOf = (mistake: view.Mistake, isOpen: boolean, seen: Set<Result>): Markup => {
  const { exchange, expectation, message, places, scenarios, title } = mistake
  const firsts = new Set(scenarios.filter((result) => !seen.has(result)))
  for (const result of scenarios) seen.add(result)
  const [result, ...others] = scenarios
  const { id, millis, operations, requests } = result
  const isFirst = firsts.has(result)
  return html`<article class="failure"${idOf(result, isFirst)} data-status="failed" data-text="${
    searchable(
      title,
      message,
      ...scenarios.flatMap(({ group, id, operations, title }) => [id, title, group, ...operations])
    )
  }" data-tags="${scenarios.map(tags).join(" ")}">
<header><h3><a href="${link(id)}">${title}</a></h3><span class="about"><code>${id}</code> ${result.title} · ${
    operations.join(", ")
  } · ${view.plural(requests, "request")} · ${view.duration(millis)}</span></header>
${saidOf(expectation, message)}
${
    places.length < 2
      ? undefined
      : html`<p class="note">It shows as:</p><ul>${places.map((place) => html`<li>${place}</li>`)}</ul>`
  }
${
    isFirst
      ? exchangesOf(result, isOpen)
      : html`<ol class="exchanges">${exchange === undefined ? undefined : exchangeOf(exchange, isOpen)}</ol>`
  }
${
    others.length === 0
      ? undefined
      : html`<p class="note">Also in ${view.plural(others.length, "other scenario")}:</p>${
        others.map((other) => alsoOf(other, firsts.has(other)))
      }`
  }
</article>`
}

const leftOf = (report: Report): Markup =>
  html`<div class="panel"><ul class="reasons">${
    view.left(report).map((result) =>
      html`<li data-text="${searchable(result.id, ...result.left)}" data-tags="${
        tags(result)
      }"><code>${result.id}</code> ${result.left.join(", ")}</li>`
    )
  }</ul></div>`

const deviationsOf = (report: Report): Markup =>
  html`<div class="panel"><table class="deviations">
<thead><tr><th scope="col">Field</th><th scope="col">What</th><th scope="col">Example</th><th scope="col">Met by</th></tr></thead>
${
    view.deviations(report).map(({ met, operation }) =>
      html`<tbody data-group><tr class="resource"><th scope="rowgroup" colspan="4">${operation}</th></tr>${
        met.map(({ finding: { example, field, operation, what }, scenarios }) =>
          html`<tr data-text="${
            searchable(operation, field, what)
          }" data-tags="op:${operation.toLowerCase()}"><th scope="row"><code>${
            field === "" ? "the response" : field
          }</code></th><td>${what}</td><td>${example === null ? undefined : html`<code>${example}</code>`}</td><td>${
            scenarios.slice(0, 3).map(({ id, verdict }, index) => [
              index === 0 ? undefined : ", ",
              verdict._tag === "Failed" ? html`<a href="${link(id)}">${id}</a>` : id
            ])
          }${scenarios.length > 3 ? ` and ${scenarios.length - 3} more` : undefined}</td></tr>`
        )
      }</tbody>`
    )
  }
</table></div>`

const skippedOf = (report: Report): Markup =>
  html`<div class="panel"><ul class="reasons">${
    view.skipped(report).map(({ because, results }) =>
      html`<li data-group><details><summary><strong>${results.length}</strong> skipped, because ${because}</summary><ul>${
        results.map((result) =>
          html`<li data-status="skipped" data-text="${
            searchable(result.id, result.title, ...result.operations)
          }" data-tags="${tags(result)}"><code>${result.id}</code> ${result.title}</li>`
        )
      }</ul></details></li>`
    )
  }</ul></div>`

const slowestOf = (report: Report): Markup =>
  html`<div class="panel"><ul class="reasons">${
    view.slowest(report).map((result) =>
      html`<li data-status="${result.verdict._tag.toLowerCase()}" data-text="${
        searchable(result.id, result.title, ...result.operations)
      }" data-tags="${tags(result)}"><strong>${
        view.duration(result.millis)
      }</strong> <code>${result.id}</code> ${result.title}</li>`
    )
  }</ul></div>`

const signOf = ({ verdict }: Result): Markup => {
  switch (verdict._tag) {
    case "Passed":
      return html`<span class="good">✓<span class="visually-hidden"> passed</span></span>`
    case "Failed":
      return html`<span class="bad">✗<span class="visually-hidden"> failed</span></span>`
    case "Skipped":
      return html`<span class="skip">–<span class="visually-hidden"> skipped</span></span>`
  }
}

const scenariosOf = ({ results }: Report): Markup =>
  html`<div class="panel"><table>
<thead><tr><th scope="col"><span class="visually-hidden">Verdict</span></th><th scope="col">Scenario</th><th scope="col">Operations</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Time</th></tr></thead>
<tbody>${
    results.map((result) => {
      const { id, millis, operations, requests, title, verdict } = result
      return html`<tr data-status="${verdict._tag.toLowerCase()}" data-text="${
        searchable(id, title, result.group, ...operations)
      }" data-tags="${tags(result)}"><td>${signOf(result)}</td><th scope="row">${
        verdict._tag === "Failed"
          ? html`<a class="title" href="${link(id)}">${title}</a>`
          : html`<span class="title">${title}</span>`
      }<br><code class="skip">${id}</code></th><td>${operations.join(", ")}</td><td class="number">${
        verdict._tag === "Skipped" ? undefined : requests
      }</td><td class="number">${verdict._tag === "Skipped" ? undefined : view.duration(millis)}</td></tr>`
    })
  }</tbody>
</table><p class="empty" hidden>No scenario fits the filter.</p></div>`

// -----------------------------------------------------------------------------
// page
// -----------------------------------------------------------------------------

const headline = ({ totals }: Report, deviations: number): string =>
  [
    ...totals.failed > 0 ? [`${view.plural(totals.failed, "scenario")} failed`] : [],
    ...deviations > 0 ? [`${view.plural(deviations, "deviation")} from the documentation`] : []
  ].join(", ")

const barOf = ({ totals }: Report): Markup => {
  const parts = [[totals.passed, "good"], [totals.failed, "bad"], [totals.skipped, "skip"]] as const
  return html`<div class="bar" aria-hidden="true">${
    parts.filter(([count]) => count > 0).map(([count, kind]) =>
      html`<span class="${kind}" style="flex-grow: ${count}"></span>`
    )
  }</div>`
}

const total = (title: string, count: Piece, kind?: string): Markup =>
  html`<div><dt>${title}</dt><dd${kind === undefined ? undefined : html` class="${kind}"`}>${count}</dd></div>`

const policy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  // Only this script is run.
  `script-src 'sha256-${NodeCrypto.createHash("sha256").update(page.script).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'"
].join("; ")

/** A report as one HTML page without other resources. */
export const render = (report: Report): string => {
  const { interrupted, millis, results, seed, startedAt, target, totals } = report
  const mistakes = view.mistakes(report)
  const seen = new Set<Result>()
  const left = view.left(report)
  const deviations = view.countDeviations(report)
  const started = new Date(startedAt).toISOString()
  const sections: ReadonlyArray<readonly [id: string, title: string, count: number | undefined, of: () => Markup]> = [
    ...mistakes.length === 0 ? [] : [
      [
        "mistakes",
        "Mistakes",
        mistakes.length,
        () =>
          section(
            "mistakes",
            "Mistakes",
            mistakes.length,
            "Each mistake once: the expectation, what was found instead, its requests, and the scenarios that it fails.",
            mistakes.map((mistake) => mistakeOf(mistake, mistakes.length <= maxOpen, seen))
          )
      ] as const
    ],
    ...left.length === 0 ? [] : [
      [
        "left",
        "Not deleted",
        left.length,
        () =>
          section(
            "left",
            "Not deleted",
            left.length,
            "Objects that scenarios created, and that could not be deleted.",
            leftOf(report)
          )
      ] as const
    ],
    [
      "matrix",
      "Matrix",
      undefined,
      () =>
        section(
          "matrix",
          "Matrix",
          undefined,
          "What scenarios found of each operation: ✓ passed, ✗ failed, – skipped. A cell leads to its scenarios.",
          matrixOf(report)
        )
    ],
    ...deviations === 0 ? [] : [
      [
        "deviations",
        "Deviations",
        deviations,
        () =>
          section(
            "deviations",
            "Deviations",
            deviations,
            "Responses that are not as documented. A tolerant client may accept them.",
            deviationsOf(report)
          )
      ] as const
    ],
    ...totals.skipped === 0 ? [] : [
      [
        "skipped",
        "Skipped",
        totals.skipped,
        () =>
          section(
            "skipped",
            "Skipped",
            totals.skipped,
            "Scenarios that did not run, with the reason. They do not count as passed.",
            skippedOf(report)
          )
      ] as const
    ],
    [
      "scenarios",
      "Scenarios",
      results.length,
      () =>
        section(
          "scenarios",
          "Scenarios",
          results.length,
          "All of them, in a fixed order.",
          scenariosOf(report)
        )
    ],
    ...report.slowest.length < 2 ? [] : [
      [
        "slowest",
        "Slowest",
        undefined,
        () =>
          section(
            "slowest",
            "Slowest",
            undefined,
            "The scenarios that took longest. The time of a scenario includes the time in which others ran.",
            slowestOf(report)
          )
      ] as const
    ]
  ]
  return `<!doctype html>\n${
    html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${view.holds(report) ? "✓" : "✗"} Contract report: ${target}</title>
<style>${new Markup(page.style)}</style>
</head>
<body>
<a class="skip-link" href="#main">Skip to the report</a>
<header class="top"><div class="wide">
<p class="kicker">Contract report</p>
<h1>${target}</h1>
<p class="verdict ${view.holds(report) ? "good" : "bad"}">${
      view.holds(report)
        ? [html`<span aria-hidden="true">✓</span>`, html`<span>The contract holds</span>`]
        : [html`<span aria-hidden="true">✗</span>`, html`<span>${headline(report, deviations)}</span>`]
    }</p>
<dl class="totals">${[
      total("Passed", totals.passed.toLocaleString("en"), "good"),
      total("Failed", totals.failed.toLocaleString("en"), totals.failed > 0 ? "bad" : undefined),
      total("Skipped", totals.skipped.toLocaleString("en")),
      total("Deviations", deviations.toLocaleString("en"), deviations > 0 ? "warn" : undefined),
      total("Requests", totals.requests.toLocaleString("en")),
      total("Took", view.duration(millis))
    ]}</dl>
${interrupted === undefined ? undefined : html`<p class="verdict bad">Interrupted: ${interrupted}</p>`}
${barOf(report)}
</div></header>
<div class="tools"><div class="wide">
<nav aria-label="Sections"><ul>${
      sections.map(([id, title, count]) =>
        html`<li><a href="#${id}">${title}${
          count === undefined ? undefined : html` <span class="count">${count.toLocaleString("en")}</span>`
        }</a></li>`
      )
    }</ul></nav>
<form class="filter" role="search">
<label class="visually-hidden" for="search">Filter</label>
<input type="search" id="search" placeholder="Filter, by /" title="Words, op:createRun, group:streams" autocomplete="off" spellcheck="false">
<label><input type="checkbox" value="passed" checked>Passed</label>
<label><input type="checkbox" value="failed" checked>Failed</label>
<label><input type="checkbox" value="skipped" checked>Skipped</label>
<output for="search" aria-live="polite"></output>
</form>
</div></div>
<main id="main" class="wide">
${sections.map(([, , , of]) => of())}
</main>
<footer class="wide">Started at <time datetime="${started}">${
      started.replace("T", " ").replace(/\.\d+Z$/, " UTC")
    }</time>, with seed ${seed}.</footer>
<script>${new Markup(page.script)}</script>
</body>
</html>
`.html
  }`
}
