import { h, svg } from "./dom.js"

// A chart of days, with a stack of models for each. The same numbers are in a table below it.

const width = 420
const height = 160
const head = 16
const foot = 18

/** More models have the colour of the others. */
const colours = 6

const date = (seconds) => new Date(seconds * 1000)

const shortDay = (seconds) =>
  date(seconds).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" })

const isoDay = (seconds) => date(seconds).toISOString().slice(0, 10)

const sum = (rows, valueOf) => rows.reduce((total, row) => total + valueOf(row), 0)

/** The names with a value, each with the colour that it has in every chart. */
const seriesOf = (rows, valueOf) => {
  const names = [...new Set(rows.map(({ name }) => name))].sort()
  return names
    .map((name, index) => ({ name, colour: `series-${Math.min(index, colours - 1)}` }))
    .filter(({ name }) => sum(rows.filter((row) => row.name === name), valueOf) > 0)
}

const bars = (days, rows, valueOf, series, most) => {
  const step = width / days.length
  return days.map((day, index) => {
    let top = height
    return series.map(({ colour, name }) => {
      const value = sum(rows.filter((row) => row.day === day && row.name === name), valueOf)
      const size = (value / most) * (height - head)
      top -= size
      return size === 0
        ? []
        : svg("rect", { class: colour, x: index * step + 2, y: top, width: step - 4, height: size })
    })
  })
}

const axis = (days) => {
  const step = width / days.length
  const every = Math.ceil(days.length / 5)
  return [
    svg("line", { class: "axis", x1: 0, y1: height, x2: width, y2: height }),
    days.flatMap((day, index) =>
      (days.length - 1 - index) % every === 0
        ? svg("text", { x: index * step + step / 2, y: height + foot - 4, "text-anchor": "middle" }, shortDay(day))
        : []
    )
  ]
}

const table = (days, rows, valueOf, format, series, title) => {
  const used = days.filter((day) => sum(rows.filter((row) => row.day === day), valueOf) > 0)
  return h(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": `${title}, as a table` },
    h(
      "table",
      { class: "numbers" },
      h(
        "thead",
        {},
        h("tr", {}, h("th", { scope: "col" }, "Day"), series.map(({ name }) => h("th", { scope: "col" }, name)))
      ),
      h(
        "tbody",
        {},
        used.map((day) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, isoDay(day)),
            series.map(({ name }) =>
              h("td", {}, format(sum(rows.filter((row) => row.day === day && row.name === name), valueOf)))
            )
          )
        )
      )
    )
  )
}

/** A figure with the values of rows, by their day and name. */
export const chart = (title, days, rows, valueOf, format) => {
  const series = seriesOf(rows, valueOf)
  const totals = days.map((day) => sum(rows.filter((row) => row.day === day), valueOf))
  const most = Math.max(...totals)
  const total = format(sum(rows, valueOf))
  const caption = h("figcaption", {}, h("strong", {}, title), " ", h("span", { class: "count" }, total))
  if (series.length === 0) return h("figure", {}, caption, h("p", { class: "empty" }, "Nothing yet."))
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height + foot}`,
      role: "img",
      "aria-label": `${title}: ${total} in ${days.length} days`
    },
    axis(days),
    bars(days, rows, valueOf, series, most),
    svg("text", { x: 0, y: 10, class: "most" }, format(most))
  )
  return h(
    "figure",
    {},
    caption,
    picture,
    h(
      "ul",
      { class: "legend" },
      series.map(({ colour, name }) => h("li", {}, h("span", { class: `swatch ${colour}` }), name))
    ),
    h(
      "details",
      { "data-key": `table-${title}` },
      h("summary", {}, "Table"),
      table(days, rows, valueOf, format, series, title)
    )
  )
}
