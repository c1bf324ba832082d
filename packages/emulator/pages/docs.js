import { code, fill, h, pretty } from "./dom.js"

const element = (id) => document.getElementById(id)

const api = await (await fetch("/openapi.json")).json()

// -----------------------------------------------------------------------------
// schemas
// -----------------------------------------------------------------------------

const nameOf = (ref) => ref.slice(ref.lastIndexOf("/") + 1)

const resolve = (schema) => schema?.$ref === undefined ? schema : resolve(api.components.schemas[nameOf(schema.$ref)])

const limitWords = {
  minimum: (value) => `at least ${value}`,
  maximum: (value) => `at most ${value}`,
  exclusiveMinimum: (value) => `above ${value}`,
  exclusiveMaximum: (value) => `below ${value}`,
  minLength: (value) => value === 1 ? "not empty" : `at least ${value} characters`,
  maxLength: (value) => `at most ${value} characters`,
  minItems: (value) => `at least ${value} items`,
  maxItems: (value) => `at most ${value} items`,
  maxProperties: (value) => `at most ${value} pairs`,
  pattern: (value) => `matches ${value}`
}

const most = 6

const alternatives = (all) =>
  all.length <= most ? all.join(" or ") : `${all.slice(0, most).join(" or ")} or one of ${all.length - most} more`

const typeOf = (schema) => {
  if (schema === undefined) return "anything"
  if (schema.$ref !== undefined) return typeOf({ ...resolve(schema), $ref: undefined })
  if (schema.enum !== undefined) return alternatives(schema.enum.map((value) => JSON.stringify(value)))
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const members = schema.anyOf ?? schema.oneOf
  if (members !== undefined) return [...new Set(members.map(typeOf))].join(" or ")
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`
  return schema.title ?? (Array.isArray(schema.type) ? schema.type.join(" or ") : schema.type ?? "anything")
}

const limitsOf = (schema) => {
  const flat = resolve(schema) ?? {}
  const all = [flat, ...(flat.anyOf ?? flat.oneOf ?? flat.allOf ?? []).map(resolve)]
  const limits = all.flatMap((one) =>
    Object.entries(limitWords).flatMap(([key, words]) => one[key] === undefined ? [] : words(one[key]))
  )
  if (flat.default !== undefined) limits.push(`default: ${JSON.stringify(flat.default)}`)
  return [...new Set(limits)].join("; ")
}

const fieldRows = (schema, depth = 0) => {
  const flat = resolve(schema) ?? {}
  return Object.entries(flat.properties ?? {}).flatMap(([name, field]) => {
    const inner = resolve(field)
    const item = inner?.type === "array" ? resolve(inner.items) : inner
    const nested = depth < 2 && item?.properties !== undefined ?
      fieldRows(item, depth + 1).map(([path, ...rest]) => [
        `${name}${inner.type === "array" ? "[]" : ""}.${path}`,
        ...rest
      ]) :
      []
    const isRequired = (flat.required ?? []).includes(name)
    return [[name, field, isRequired, field.description ?? inner?.description], ...nested]
  })
}

const listOf = (title, rows) =>
  rows.length > 0 && [
    h("h3", {}, title),
    h(
      "dl",
      { class: "fields" },
      rows.map(([name, schema, isRequired, description]) => {
        const limits = limitsOf(schema)
        return h(
          "div",
          {},
          h(
            "dt",
            {},
            h("code", {}, name),
            " ",
            h("small", {}, typeOf(schema)),
            " ",
            isRequired && h("em", {}, "required")
          ),
          h("dd", {}, description && h("span", {}, description, " "), limits !== "" && h("small", {}, limits))
        )
      })
    )
  ]

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`

/** The call as a person would make it. */
const curlOf = ({ method, operation, path }) => {
  const lines = [`curl -X ${method.toUpperCase()} ${quote(`${location.origin}/v1${path}`)}`]
  lines.push(`-H "Authorization: Bearer $OPENAI_API_KEY"`)
  if (operation.parameters.some(({ name }) => name.toLowerCase() === "openai-beta")) {
    lines.push(`-H 'OpenAI-Beta: assistants=v1'`)
  }
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  if (type === "application/json") {
    lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(JSON.stringify(media.example))}`)
  } else if (type !== undefined) {
    for (const [name, value] of Object.entries(media.example ?? {})) {
      const field = resolve(resolve(media.schema)?.properties?.[name])
      const isFile = field?.format === "binary" || field?.contentEncoding === "binary"
      lines.push(`-F ${quote(`${name}=${isFile ? "@file.txt" : value}`)}`)
    }
  }
  return lines.join(" \\\n  ")
}

const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation, tag: operation.tags[0] }))
)

const showResponse = ([status, { content = {}, description }]) =>
  status.startsWith("2")
    ? Object.entries(content).map(([type, { example, schema }]) => [
      listOf(`Response ${status} ${type}`, fieldRows(schema)) || h("h3", {}, `Response ${status} ${type}`),
      h("p", {}, description),
      example !== undefined && code(pretty(example))
    ])
    : []

const showOperation = ({ method, operation, path, ...rest }) =>
  h(
    "section",
    { class: "operation", id: operation.operationId, "aria-labelledby": `${operation.operationId}-title` },
    h("h2", { id: `${operation.operationId}-title` }, operation.summary ?? operation.operationId),
    h("p", { class: "path" }, h("strong", {}, method.toUpperCase()), ` /v1${path}`),
    h("p", {}, operation.description),
    listOf(
      "Parameters",
      operation.parameters.map(({ description, name, required, schema }) => [
        name,
        schema,
        required,
        description ?? schema?.description
      ])
    ),
    Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) =>
      listOf(`Body ${type}`, fieldRows(schema))
    ),
    h("h3", {}, "Call"),
    code(curlOf({ method, operation, path, ...rest })),
    Object.entries(operation.responses).map(showResponse),
    h("h3", {}, "Errors"),
    h(
      "ul",
      {},
      Object.entries(operation.responses).filter(([status]) => !status.startsWith("2")).map((
        [status, { description }]
      ) => h("li", {}, h("strong", {}, status), " ", description))
    )
  )

const byTag = (list) => {
  const tags = new Map()
  for (const one of list) tags.set(one.tag, [...(tags.get(one.tag) ?? []), one])
  return [...tags]
}

const text = ({ method, operation, path, tag }) =>
  [
    tag,
    method,
    path,
    operation.operationId,
    operation.summary,
    operation.description,
    JSON.stringify(operation.parameters),
    JSON.stringify(operation.requestBody ?? "")
  ].join(" ").toLowerCase()

const texts = new Map(operations.map((one) => [one, text(one)]))

const show = () => {
  const words = element("filter").value.toLowerCase().split(/\s+/).filter((word) => word !== "")
  const found = operations.filter((one) => words.every((word) => texts.get(one).includes(word)))
  element("status").textContent = `${found.length} of ${operations.length} operations`
  fill(
    element("objects"),
    byTag(found).map(([tag, list]) => [
      h("h2", {}, tag),
      h(
        "ul",
        {},
        list.map(({ operation }) =>
          h(
            "li",
            {},
            h(
              "a",
              { href: `#${operation.operationId}`, "data-key": operation.operationId },
              operation.summary ?? operation.operationId
            )
          )
        )
      )
    ])
  )
  for (const { operation } of operations) {
    element(operation.operationId).hidden = !found.some((one) => one.operation === operation)
  }
}

fill(element("detail"), operations.map(showOperation))
element("filter").addEventListener("input", show)
show()
// The place that the address names was not there yet when the page was loaded.
if (location.hash !== "") element(location.hash.slice(1))?.scrollIntoView()
