import { Suite } from "@effect-openai/contract-tests"
import { Contract, type Endpoint } from "@effect-openai/core"
import { Effect } from "effect"
import type { Mutation } from "./mutation.js"
import { mutation } from "./mutation.js"
import * as Proxy from "./proxy.js"

const { lists, of, requests } = Proxy

const without = (...names: ReadonlyArray<string>) =>
  requests((request) => {
    const query = new URLSearchParams(request.query)
    for (const name of names) query.delete(name)
    return { ...request, query }
  })

const set = (name: string, f: (value: string | null) => string | undefined) =>
  requests((request) => {
    const query = new URLSearchParams(request.query)
    const value = f(query.get(name))
    if (value !== undefined) query.set(name, value)
    return { ...request, query }
  })

/** Faults of any list that is paged by cursors. */
const wrongs: ReadonlyArray<readonly [title: string, change: Proxy.Change]> = [
  ["returns the first page for each cursor", without("after")],
  ["includes the object of `after` in the page", () => (send) => (request) =>
    Effect.gen(function*() {
      const after = request.query.get("after")
      const response = yield* send(request)
      if (after === null) return response
      const query = new URLSearchParams(request.query)
      query.delete("after")
      query.set("limit", "100")
      const whole = Proxy.jsonOf(yield* send({ ...request, query })) as Proxy.Fields
      const data = whole["data"] as Array<Proxy.Fields>
      const begin = data.findIndex(({ id }) => id === after)
      const page = data.slice(begin, begin + Number(request.query.get("limit") ?? 20))
      return Proxy.withJson(response, {
        ...whole,
        data: page,
        first_id: page[0]?.["id"] ?? null,
        last_id: page.at(-1)?.["id"] ?? null,
        has_more: begin + page.length < data.length
      })
    })],
  ["ignores before", without("before")],
  ["ignores limit", without("limit")],
  ["ignores order", without("order")],
  ["reverses every order", set("order", (order) => order === "asc" ? "desc" : "asc")],
  ["always returns has_more: true", lists((list) => ({ ...list, has_more: true }))],
  ["always returns has_more: false", lists((list) => ({ ...list, has_more: false }))],
  [
    "returns empty lists",
    lists((list) => ({ ...list, data: [], first_id: null, last_id: null, has_more: false }))
  ],
  [
    "lists every object twice",
    lists((list) => ({ ...list, data: list["data"].flatMap((one: unknown) => [one, one]) }))
  ],
  ["omits the last object of a page", lists((list) => ({ ...list, data: list["data"].slice(0, -1) }))],
  ["omits the first object of a page", lists((list) => ({ ...list, data: list["data"].slice(1) }))],
  ["reverses pages", lists((list) => ({ ...list, data: [...list["data"]].reverse() }))],
  [
    "returns the array without the list object",
    () => (send) => (request) =>
      Effect.map(send(request), (response) =>
        response.status === 200
          ? Proxy.withJson(response, (Proxy.jsonOf(response) as Proxy.Fields)["data"])
          : response)
  ]
]

/** Those of lists whose pages follow each other by `next_page`. */
const wrongsOfBuckets: ReadonlyArray<readonly [title: string, change: Proxy.Change]> = [
  ["returns the first page for each page", without("page")],
  ["returns no next_page", lists((list) => ({ ...list, next_page: null }))],
  ["returns next_page with the last page", lists((list) => ({ ...list, next_page: list["next_page"] ?? "page_x" }))],
  ...wrongs.filter(([title]) => !/(first page|object of `after`)|before|order|empty/.test(title)),
  ["returns empty pages", lists((list) => ({ ...list, data: [] }))]
]

/** The scenario about the pages of a list. */
const scenarioOf = ({ name }: Endpoint.Any): string => {
  const ids = Suite.all.filter(({ group, operations }) => group === "state" && operations[0] === name)
    .map(({ id }) => id)
  return ids.find((id) => id === `lists/${name}`) ?? ids[0] ?? `lists/${name}`
}

/** Faults that no scenario can detect: the files of a message have the same created_at. */
export const excepted = ["listMessageFiles reverses every order"]

export const listing: ReadonlyArray<Mutation> = [
  ...Contract.endpoints.filter(({ pagination }) => pagination !== undefined).flatMap((endpoint) => {
    const { name, query } = endpoint
    const scenario = scenarioOf(endpoint)
    return (endpoint.pagination?._tag === "Page" ? wrongsOfBuckets : wrongs)
      .filter(([title]) => !excepted.includes(`${name} ${title}`))
      .filter(([title]) => {
        const [, parameter] = /^ignores (before|order)$/.exec(title) ?? []
        return parameter === undefined || parameter in query.fields
      })
      .map(([title, change]) => mutation(`${name} ${title}`, scenario, of(name, change)))
  }),
  mutation(
    "returns the wrong first_id",
    "lists/listMessages",
    lists((list) => ({
      ...list,
      first_id: list["last_id"]
    }))
  ),
  mutation(
    "returns the wrong last_id",
    "lists/listMessages",
    lists((list) => ({
      ...list,
      last_id: list["first_id"]
    }))
  ),
  mutation(
    "returns null for first_id and last_id",
    "lists/listMessages",
    lists((list) => ({
      ...list,
      first_id: null,
      last_id: null
    }))
  ),
  mutation(
    "returns 10 objects a page by default",
    "lists/default",
    of("listMessages", set("limit", (limit) => limit === null ? "10" : undefined))
  ),
  mutation(
    "returns all objects by default",
    "lists/default",
    of("listMessages", set("limit", (limit) => limit === null ? "100" : undefined))
  ),
  mutation(
    "returns at most 20 objects a page",
    "lists/default",
    of("listMessages", set("limit", (limit) => Number(limit) > 20 ? "20" : undefined))
  ),
  mutation(
    "treats a limit of 101 as 100",
    "validation/listMessages",
    set("limit", (limit) => limit === "101" ? "100" : undefined)
  ),
  mutation(
    "treats a limit of 0 as 1",
    "validation/listAssistants",
    set("limit", (limit) => limit === "0" ? "1" : undefined)
  ),
  mutation(
    "accepts an unknown order",
    "validation/listRuns",
    set("order", (order) => order === "nothing" ? "asc" : undefined)
  ),
  mutation("ignores run_id of listMessages", "lists/runFilter", without("run_id")),
  mutation("ignores purpose of listFiles", "files/list", without("purpose")),
  mutation("pages by offset, so that deletions shift pages", "lists/assistantsChange", () => {
    // Pages by offset instead of by cursor.
    let order: Array<string> = []
    return (send) => (request) =>
      Effect.gen(function*() {
        if (Proxy.operationOf(request) !== "listAssistants") return yield* send(request)
        const after = request.query.get("after")
        if (after === null) {
          const response = yield* send(request)
          order = ((Proxy.jsonOf(response) as Proxy.Fields)["data"] as Array<Proxy.Fields>).map(({ id }) => id)
          return response
        }
        const offset = order.indexOf(after) + 1
        const query = new URLSearchParams({ limit: "100" })
        const response = yield* send({ ...request, query })
        const whole = Proxy.jsonOf(response) as Proxy.Fields
        const data = (whole["data"] as Array<Proxy.Fields>).slice(offset)
        return Proxy.withJson(response, {
          ...whole,
          data,
          first_id: data[0]?.["id"] ?? null,
          last_id: data.at(-1)?.["id"] ?? null,
          has_more: false
        })
      })
  }),
  mutation("lists the messages of all threads", "messages/list", () => {
    const seen: Array<Proxy.Fields> = []
    return (send) => (request) =>
      Effect.map(send(request), (response) => {
        const operation = Proxy.operationOf(request)
        if (operation === "createMessage") seen.unshift(Proxy.jsonOf(response) as Proxy.Fields)
        if (operation !== "listMessages" || response.status !== 200) return response
        const list = Proxy.jsonOf(response) as Proxy.Fields
        return Proxy.withJson(response, { ...list, data: seen })
      })
  }),
  mutation(
    "lists models twice",
    "models/list",
    of(
      "listModels",
      lists((list) => ({
        ...list,
        data: [...list["data"], ...list["data"]]
      }))
    )
  ),
  mutation("lists no models", "models/list", of("listModels", lists((list) => ({ ...list, data: [] }))))
]
