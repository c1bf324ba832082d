/**
 * Fixtures from an OpenAPI document: the examples of an operation, and the examples of the objects that it returns.
 */
import { Deviation, Fixture } from "@effect-openai/contract-tests"
import * as Contract from "@effect-openai/core/Contract"
import { isDeepStrictEqual } from "node:util"
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml"
import { streams } from "../../core/test/facts.js"
import { readRequest, readResponse } from "../test/documentation.js"

/** The placeholder of sentences that only a person can write. The tests refuse a fixture with this reason. */
export const unexplained = "<Explain the verdict here.>"

export interface Generated {
  /** The file's name, without its extension. */
  readonly slug: string
  readonly contents: Fixture.Contents
}

/** The document with the lines of its values. */
export interface Source {
  readonly name: string
  readonly text: string
}

const methods = ["get", "post", "delete"]

/** A key in the response of an example. */
const key = /sk-\w{8,}/g

/** A name in the lower case of a file's name, its words joined by hyphens. */
export const kebab = (name: string): string =>
  name.replace("OpenAI", "Openai").replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").replace(/[^\w]+/g, "-").toLowerCase()

const reader = ({ name, text }: Source) => {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter })
  if (document.errors.length > 0) throw document.errors[0]!
  const line = (offset: number) => lineCounter.linePos(offset).line

  const map = (path: ReadonlyArray<string>): YAMLMap | undefined => {
    const node = document.getIn(path, true)
    return isMap(node) ? node : undefined
  }

  /** A text with the line it begins on: for a block, that of its header. */
  const excerpt = (node: unknown): Omit<Fixture.Excerpt, "format"> | undefined => {
    if (isAlias(node)) {
      const value = node.resolve(document)
      if (!isScalar(value) || typeof value.value !== "string") throw new Error(`${node.source} is not a text`)
      return { line: line(node.range![0]), text: value.value, alias: node.source }
    }
    if (!isScalar(node) || typeof node.value !== "string") return undefined
    return { line: line(node.range![0]), text: node.value.replace(key, () => Fixture.placeholder) }
  }

  const values = document.toJS({ maxAliasCount: -1 })
  return { date: /\d{4}-\d\d-\d\d/.exec(name)?.[0] ?? null, excerpt, map, name, values }
}

type Reader = ReturnType<typeof reader>

interface Operation {
  readonly id: string
  readonly keys: ReadonlyArray<string>
  readonly method: string
  /** The component of a success, if it has one. */
  readonly returns: string | undefined
  readonly operation: any
}

const nameOf = ($ref: unknown): string | undefined =>
  typeof $ref === "string" ? $ref.replace("#/components/schemas/", "") : undefined

const operationsOf = ({ values }: Reader): ReadonlyArray<Operation> =>
  Object.entries<any>(values.paths).flatMap(([path, operations]) =>
    methods.filter((method) => method in operations).map((method) => {
      const operation = operations[method]
      const content: any = Object.values(operation.responses[200]?.content ?? {})[0]
      return {
        id: operation.operationId,
        keys: ["paths", path, method],
        method,
        returns: nameOf(content?.schema?.$ref),
        operation
      }
    })
  )

/** Every component that a component uses, at any depth. */
const usedBy = (reader: Reader, name: string, found = new Set<string>()): ReadonlySet<string> => {
  if (found.has(name)) return found
  found.add(name)
  const text = JSON.stringify(reader.values.components.schemas[name] ?? {})
  for (const [, used] of text.matchAll(/#\/components\/schemas\/([^"]+)/g)) usedBy(reader, used!, found)
  return found
}

/**
 * The operation that the example of a component belongs to. In this order: a GET that returns the component, any operation
 * that returns it, one whose name it begins with, one that has it somewhere in its response or events.
 */
const homeOf = (reader: Reader, operations: ReadonlyArray<Operation>, component: string): string | undefined => {
  const uses = ({ id, returns }: Operation) =>
    [returns, streams[id]].some((name) => name !== undefined && usedBy(reader, name).has(component))
  const returning = operations.filter(({ returns }) => returns === component)
  const named = operations.filter(({ id }) => component.toLowerCase().startsWith(id.replace(/-/g, "").toLowerCase()))
  const using = operations.filter(uses).toSorted((a, b) => a.id.length - b.id.length)
  return [...returning.filter(({ method }) => method === "get"), ...returning, ...named, ...using][0]?.id
}

const formatOf = (text: string, streamed: boolean): Fixture.Excerpt["format"] => {
  if (/^event: /m.test(text)) return "events"
  return streamed || /"object":\s*"[\w.]*(?:\.chunk|\.delta)"/.test(text) ? "data" : "json"
}

const isStreamed = (request: Fixture.Request | undefined): boolean =>
  request?.body != null && "json" in request.body && (request.body.json as any)?.stream === true

const isStream = (response: Fixture.Answer | undefined): boolean => response !== undefined && "events" in response.body

const endpointOf = (operationId: string) => Contract.endpoints.find(({ name }) => name === operationId)

/** The deviations from the contract; none for an operation that the contract does not have yet. */
const deviationsOf = (
  operationId: string,
  response: Fixture.Answer | undefined
): ReadonlyArray<Deviation.Deviation> => {
  const endpoint = endpointOf(operationId)
  if (endpoint === undefined || response === undefined) return []
  const { body } = response
  if ("events" in body) {
    return Deviation.inEvents(
      endpoint,
      body.events.map((event) => endpoint.events?.named === true ? event : event.data)
    )
  }
  return "json" in body ? Deviation.inResponse(endpoint, body.json) : []
}

/** What a replay needs and the document does not have. */
const supply = (
  request: Fixture.Request | undefined,
  response: Fixture.Answer | undefined,
  sample: Fixture.Request | undefined
): Fixture.Contents["supplied"] => {
  const body = (request ?? sample)?.body
  const parts = body != null && "multipart" in body ? body.multipart : []
  const files = parts.flatMap((part) =>
    "fileName" in part ? [[part.fileName, { text: "Supplied by this fixture." }]] : []
  )
  const supplied = {
    ...(request === undefined && sample !== undefined && { request: sample }),
    ...(response !== undefined && "events" in response.body && !response.body.done && { done: true as const }),
    ...(files.length > 0 && { files: Object.fromEntries(files) })
  }
  return Object.keys(supplied).length === 0 ? undefined : supplied
}

/** An exact fixture needs no person to say why, if the contract could check it. */
const reasonOf = (
  operationId: string,
  kind: Fixture.Verdict["kind"],
  request: Fixture.Request | undefined
): string => {
  if (kind !== "exact" || endpointOf(operationId) === undefined) return unexplained
  return request === undefined
    ? "The response matches the contract. The document shows the object alone, and its request is supplied."
    : "Request and response match the contract."
}

/** The fixtures of an operation. A fixture that exists keeps what a person writes: what it supplies, and its reason as long as the verdict is the same. */
export const generate = (
  source: Source,
  operationId: string,
  existing: (slug: string) => Fixture.Contents | undefined = () => undefined
): ReadonlyArray<Generated> => {
  const document = reader(source)
  const operations = operationsOf(document)
  const operation = operations.find(({ id }) => id === operationId)
  if (operation === undefined) throw new Error(`${source.name} has no operation ${operationId}`)
  const base = source.name.replace(/\.yaml$/, "")

  const make = (
    slug: string,
    title: string,
    requestExcerpt: Fixture.Excerpt | null,
    responseExcerpt: Fixture.Excerpt | null,
    sample?: Fixture.Request
  ): Generated => {
    const request = requestExcerpt === null ? undefined : readRequest(requestExcerpt)
    const response = responseExcerpt === null ? undefined : readResponse(responseExcerpt)
    const before = existing(slug)
    const supplied = before === undefined ? supply(request?.value, response?.value, sample) : before.supplied
    const contents = {
      operationId,
      title,
      source: { document: source.name, date: document.date },
      documented: { request: requestExcerpt, response: responseExcerpt },
      repaired: { request: request?.value ?? null, response: response?.value ?? null },
      ...(supplied !== undefined && { supplied })
    }
    const verdict = {
      repairs: [...request?.repairs ?? [], ...response?.repairs ?? []],
      deviations: deviationsOf(operationId, response?.value)
    }
    const kind = Fixture.kindOf({ supplied, verdict })
    const isExplained = before !== undefined && before.verdict.reason !== unexplained &&
      isDeepStrictEqual({ ...before.verdict, reason: "" }, { kind, reason: "", ...verdict })
    const reason = isExplained ? before.verdict.reason : reasonOf(operationId, kind, request?.value)
    return { slug, contents: { ...contents, verdict: { kind, reason, ...verdict } } }
  }

  const meta = operation.operation["x-oaiMeta"]
  const examples = document.map([...operation.keys, "x-oaiMeta"])?.get("examples", true)
  const nodes = isSeq(examples) ? examples.items : examples === undefined ? [] : [examples]
  const documented = nodes.filter(isMap).map((node) => {
    const curl = document.excerpt(node.getIn(["request", "curl"], true))
    const answer = node.get("response", true)
    // Some examples have the text in a map.
    const response = document.excerpt(isMap(answer) ? answer.get("content", true) : answer)
    const request: Fixture.Excerpt | null = curl === undefined ? null : { format: "curl", ...curl }
    const streamed = isStreamed(request === null ? undefined : readRequest(request).value)
    const title = node.get("title")
    const isNamed = typeof title === "string"
    return make(
      isNamed ? `${base}-${kebab(title)}` : base,
      isNamed ? `${meta.name}: ${title}` : meta.name,
      request,
      response === undefined ? null : { format: formatOf(response.text, streamed), ...response }
    )
  })

  const objects = Object.entries<any>(document.values.components.schemas).flatMap(([component, schema]) => {
    const path = ["components", "schemas", component, "x-oaiMeta"]
    const text = document.excerpt(document.map(path)?.get("example", true))
    if (text === undefined || homeOf(document, operations, component) !== operationId) return []
    const excerpt: Fixture.Excerpt = { format: formatOf(text.text, false), ...text }
    const streamed = excerpt.format !== "json"
    const sample = documented.find(({ contents: { repaired } }) =>
      repaired.request !== null && isStream(repaired.response ?? undefined) === streamed
    )
    const slug = `${base}-${kebab(component)}`
    return [make(slug, schema["x-oaiMeta"].name, null, excerpt, sample?.contents.repaired.request ?? undefined)]
  })
  return [...documented, ...objects]
}
