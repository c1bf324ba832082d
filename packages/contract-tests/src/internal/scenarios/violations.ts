import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import type * as Wire from "../../Wire.js"
import * as world from "./world.js"

/** A request that a server must refuse. */
export interface Violation {
  readonly title: string
  /** What the refusal must name, if anything. */
  readonly field: string | undefined
  /** Makes it of one that could succeed. */
  readonly request: (valid: Wire.Request) => Wire.Request
}

type Values = ReadonlyArray<readonly [title: string, value: unknown]>

type Fields = Readonly<Record<string, Values>>

const many = (count: number, value: unknown = "x"): ReadonlyArray<unknown> => Array.from({ length: count }, () => value)

const pairs = (count: number, key = "", value = "v") =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}${key}`, value]))

const missing: readonly [string, unknown] = ["missing", undefined]

const metadata: Fields = {
  metadata: [
    ["of 17 pairs", pairs(17)],
    ["with a key of 65 characters", pairs(1, "k".repeat(64))],
    ["with a value of 513 characters", pairs(1, "", "v".repeat(513))],
    ["with a value that is no string", { a: 1 }],
    ["that is no object", "a"]
  ]
}

const namedFunction = (name: unknown) => [{ type: "function", function: { name } }]

const sampling: Fields = {
  temperature: [["above 2", 2.1], ["below 0", -0.1], ["that is no number", "hot"]],
  top_p: [["above 1", 1.1], ["below 0", -0.1]]
}

const responseFormat: Fields = { response_format: [["that is unknown", "xml"]] }

const assistant: Fields = {
  name: [["of 257 characters", "n".repeat(257)], ["that is no string", 7]],
  description: [["of 513 characters", "d".repeat(513)]],
  instructions: [["of 256,001 characters", "i".repeat(256_001)]],
  tools: [
    ["of 129", many(129, { type: "code_interpreter" })],
    ["of an unknown type", [{ type: "nothing" }]],
    ["of a function that is not stated", [{ type: "function" }]],
    ["of a function with a blank in its name", namedFunction("a b")],
    ["of a function with a name of 65 characters", namedFunction("f".repeat(65))],
    ["that is no list", {}]
  ],
  file_ids: [["of 21", many(21, world.nobody["file_id"])], ["that is no list", "x"]],
  ...sampling,
  ...responseFormat,
  ...metadata
}

const message: Fields = {
  role: [missing, ["that is unknown", "nobody"]],
  content: [missing, ["of no characters", ""], ["of 256,001 characters", "c".repeat(256_001)], [
    "that is no string",
    7
  ]],
  file_ids: [["of 11", many(11, world.nobody["file_id"])]],
  ...metadata
}

const stream: Fields = { stream: [["that is no boolean", "yes"]] }

const run: Fields = {
  assistant_id: [missing, ["that is no string", 7]],
  tools: [["of 21", many(21, { type: "code_interpreter" })], ["of an unknown type", [{ type: "nothing" }]]],
  max_prompt_tokens: [["of 255", 255], ["that is no integer", 300.5]],
  max_completion_tokens: [["of 255", 255]],
  truncation_strategy: [
    ["of an unknown type", { type: "nothing" }],
    ["of no messages", { type: "last_messages", last_messages: 0 }]
  ],
  tool_choice: [["that is unknown", "sometimes"]],
  instructions: [["that is no string", 7]],
  ...stream,
  ...sampling,
  ...responseFormat,
  ...metadata
}

const messages: Fields = {
  messages: [["that is no list", "x"], ["of an unknown role", [{ role: "nobody", content: "x" }]], [
    "of no content",
    [{ role: "user" }]
  ]]
}

const bodies: Readonly<Record<string, Fields>> = {
  createAssistant: { model: [missing, ["of null", null], ["that is no string", 7]], ...assistant },
  modifyAssistant: { model: [["that is no string", 7]], ...assistant },
  createAssistantFile: { file_id: [missing, ["that is no string", 7]] },
  createThread: { ...messages, ...metadata },
  modifyThread: metadata,
  createMessage: message,
  modifyMessage: metadata,
  createRun: { additional_messages: messages["messages"]!, ...run },
  modifyRun: metadata,
  createThreadAndRun: {
    thread: [["that is no object", "x"], ["of messages that are no list", { messages: "x" }]],
    ...run
  },
  submitToolOuputsToRun: {
    tool_outputs: [missing, ["that is no list", "x"], ["of an output that is no string", [{ output: 7 }]]],
    ...stream
  },
  createChatCompletion: {
    model: [missing, ["that is no string", 7]],
    messages: [
      missing,
      ["of none", []],
      ["that is no list", "x"],
      ["of an unknown role", [{ role: "nobody", content: "x" }]],
      ["of no content", [{ role: "user" }]]
    ],
    frequency_penalty: [["above 2", 2.1]],
    presence_penalty: [["below -2", -2.1]],
    logit_bias: [["above 100", { 1: 101 }]],
    top_logprobs: [["of 21", 21]],
    n: [["of 0", 0], ["of 129", 129]],
    stop: [["of five", many(5)]],
    max_tokens: [["that is no number", "x"]],
    tools: [
      ["of 129", many(129, { type: "function", function: { name: "f" } })],
      ["of a function with a blank in its name", namedFunction("a b")],
      ["of an unknown type", [{ type: "nothing" }]]
    ],
    tool_choice: [["that is unknown", "sometimes"]],
    response_format: [["of an unknown type", { type: "xml" }]],
    ...stream,
    ...sampling
  },
  createEmbedding: {
    model: [missing],
    input: [missing, ["of no characters", ""], ["of none", []], ["of 2049", many(2049)], ["of a number", 7]],
    encoding_format: [["that is unknown", "hex"]],
    dimensions: [["of 0", 0]]
  }
}

const inBody = (fields: Fields): ReadonlyArray<Violation> => [
  ...Object.entries(fields).flatMap(([field, values]) =>
    values.map(([title, value]) => ({
      title: `${field} ${title}`,
      field,
      request: (valid: Wire.Request) => ({ ...valid, json: { ...valid.json as object, [field]: value } })
    }))
  ),
  {
    title: "a field that is not documented",
    field: "colour",
    request: (valid) => ({ ...valid, json: { ...valid.json as object, colour: "blue" } })
  },
  ...[["a body that is no JSON", "{\"a\":"], ["a body that is a list", "[]"], ["a body that is a string", "\"a\""]].map(
    (
      [title, body]
    ) => ({ title: title!, field: undefined, request: ({ json: _, ...valid }: Wire.Request) => ({ ...valid, body }) })
  )
]

const inQuery = (field: string, values: ReadonlyArray<string>): ReadonlyArray<Violation> =>
  values.map((value) => ({
    title: `${field}=${value}`,
    field,
    request: (valid) => ({ ...valid, path: `${valid.path}?${field}=${value}` })
  }))

const inForm: ReadonlyArray<Violation> = ([
  ["no purpose", "purpose", world.form(["file", "x", "facts.txt"])],
  ["an unknown purpose", "purpose", world.form(["purpose", "nothing"], ["file", "x", "facts.txt"])],
  ["no file", "file", world.form(["purpose", "assistants"])],
  [
    "a field that is not documented",
    "colour",
    world.form(["purpose", "assistants"], ["colour", "blue"], ["file", "x", "f"])
  ]
] as const).map(([title, field, form]) => ({ title, field, request: (valid) => ({ ...valid, ...form }) }))

/** What fits hardly any field. */
const misfits: ReadonlyArray<unknown> = [{ "": [null] }, 0.5, "nothing"]

/** For each field of a body a value that is none of its documented type. */
const mistyped = ({ schema }: Endpoint.Json<Schema.Schema.AnyNoContext>): Fields =>
  Object.fromEntries(
    AST.getPropertySignatures(schema.ast).flatMap(({ name, type }) => {
      const fits = Schema.is(Schema.make(type), { exact: true, onExcessProperty: "error" })
      const misfit = misfits.find((value) => !fits(value))
      return misfit === undefined ? [] : [[String(name), [["of another type", misfit]] as Values]]
    })
  )

const together = (one: Fields, other: Fields): Fields =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])]
      .map((name) => [name, [...one[name] ?? [], ...other[name] ?? []]])
  )

/** What an operation must refuse: for each of its documented limits, a request that exceeds it. */
export const violations = (endpoint: Endpoint.Any): ReadonlyArray<Violation> => {
  const { body, name, pagination, query } = endpoint
  if (body._tag === "Multipart") return inForm
  if (body._tag === "Json") return inBody(together(bodies[name] ?? {}, mistyped(body)))
  if (pagination === undefined) return []
  return [
    ...inQuery("limit", ["0", name === "listFiles" ? "10001" : "101", "-1", "1.5", "many"]),
    ..."order" in query.fields ? inQuery("order", ["up"]) : []
  ]
}
