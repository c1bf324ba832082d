import { Contract, type Endpoint } from "@effect-openai/core"
import { Arbitrary, FastCheck as fc, type Schema, SchemaAST } from "effect"
import { apiKey, parametersOf } from "../utils.js"

/** A request as bytes, except the identifiers in it: `{{thread_id}}` is replaced by one that an earlier response had. */
export interface Sample {
  /** The operation that is meant, where nothing was done to method and path. */
  readonly endpoint: Endpoint.Any | undefined
  readonly method: string
  readonly target: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | Uint8Array | undefined
  /** How much of the body is sent; less than all of it breaks the request off. */
  readonly share: number
  readonly isChunked: boolean
  /** Which of the identifiers that are known is taken. */
  readonly pick: number
}

const arbitraryOf = (schema: Schema.Schema.All) => Arbitrary.make(schema as Schema.Schema<any>)

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

/** JSON as text, so that it may hold what no value does. */
const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "null",
    "true",
    "0",
    "-0",
    "-1",
    "1e308",
    "1e999",
    "-1e999",
    "0.1",
    "9007199254740993",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udfff x\"",
    "\"NaN\"",
    "\"__proto__\"",
    "\"constructor\"",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "{\"__proto__\":{\"x\":1}}",
    "{\"constructor\":{\"prototype\":{}}}",
    "{\"toString\":1,\"hasOwnProperty\":null,\"then\":{}}",
    "{\"\":\"\",\"\\u0000\":\"\\ud800\"}",
    `"${"x".repeat(300_000)}"`,
    `[${"1,".repeat(5000)}1]`,
    "[".repeat(200) + "]".repeat(200),
    "{\"a\":".repeat(3000) + "1" + "}".repeat(3000),
    "[".repeat(50_000) + "]".repeat(50_000)
  ),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string({ unit: "binary" }).map((text) => JSON.stringify(text))
)

const marker = "\u{f0000}hostile\u{f0000}"

/** A value with one place in it, at whatever depth, taken by something else. */
const spoiled = (value: unknown, at: number, by: string): string => {
  let places = 0
  const count = (value: unknown): void => {
    places++
    if (typeof value === "object" && value !== null) Object.values(value).forEach(count)
  }
  count(value)
  let place = at % places
  const replace = (value: unknown): unknown => {
    if (place-- === 0) return marker
    if (Array.isArray(value)) return value.map(replace)
    return typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]))
      : value
  }
  return (JSON.stringify(replace(value)) ?? "").replace(JSON.stringify(marker), () => by)
}

// -----------------------------------------------------------------------------
// bodies
// -----------------------------------------------------------------------------

const known = ["assistant_id", "file_id", "thread_id", "run_id", "message_id"]

/** Identifiers that some object has, instead of those that a Schema made up. */
const withKnown = (value: any): any => {
  if (typeof value !== "object" || value === null) return value
  const own = Object.entries(value).map(([key, inner]) => {
    if (known.includes(key)) return [key, `{{${key}}}`]
    if (key === "file_ids" && Array.isArray(inner)) return [key, inner.length === 0 ? [] : ["{{file_id}}"]]
    return [key, Array.isArray(inner) ? inner.map(withKnown) : withKnown(inner)]
  })
  return Object.fromEntries(own)
}

const malformed = (text: string): fc.Arbitrary<string | Uint8Array> =>
  fc.oneof(
    fc.nat().map((at) => text.slice(0, at % (text.length + 1))),
    fc.constantFrom(
      `\uFEFF${text}`,
      `${text}${text}`,
      `${text},`,
      `'${text}'`,
      text.replaceAll("\"", "'"),
      "",
      " ",
      "NaN",
      "undefined",
      "{\"model\":}",
      "{\"model\":\"a\",}",
      "{model:1}",
      "\0"
    ),
    fc.uint8Array({ maxLength: 200 })
  )

const jsonOf = (schema: Schema.Schema.All): fc.Arbitrary<string | Uint8Array> => {
  const valid = arbitraryOf(schema).map(withKnown)
  return fc.oneof(
    { weight: 4, arbitrary: valid.map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: fc.tuple(valid, fc.nat(), hostile).map(([value, at, by]) => spoiled(value, at, by)) },
    { weight: 1, arbitrary: hostile },
    { weight: 2, arbitrary: valid.chain((value) => malformed(JSON.stringify(value))) }
  )
}

const part = (headers: string, content: string) => `--b\r\n${headers}\r\n\r\n${content}\r\n`

const field = (name: string, content: string) => part(`content-disposition: form-data; name="${name}"`, content)

/** The last literal of a field, or any text. */
const textOf = (ast: SchemaAST.AST): string => {
  const [literal = "x"] = SchemaAST.isUnion(ast)
    ? ast.types.flatMap((type) => SchemaAST.isLiteral(type) ? [String(type.literal)] : []).reverse()
    : []
  return literal
}

/** The required fields of a form. */
const validForm = ({ files, schema }: Endpoint.Multipart<any>): ReadonlyArray<string> => [
  ...SchemaAST.getPropertySignatures(schema.ast).filter(({ isOptional }) => !isOptional).map(({ name, type }) =>
    files.includes(String(name)) ? field(`${String(name)}"; filename="a.mp3`, "abc") : field(String(name), textOf(type))
  ),
  "--b--"
]

const formOf = (body: Endpoint.Multipart<any>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant(validForm(body)) },
    {
      weight: 3,
      arbitrary: fc.array(
        fc.oneof(
          fc.constantFrom(
            field("file\"; filename=\"../../etc/passwd", "abc"),
            field("file\"; filename=\"a\0b\r\nx: y", "abc"),
            field("file\"; filename*=UTF-8''%ff%fe; filename=\"", "abc"),
            field("file\"; filename=\"", ""),
            field("file", "no file"),
            field("purpose", "assistants"),
            field("purpose", "nonsense"),
            field("__proto__", "{}"),
            field("purpose\"; name=\"file", "twice"),
            part("content-disposition: attachment", "x"),
            part("x".repeat(20_000), ""),
            "--b\r\n",
            "--b--",
            "--b--\r\n",
            "\r\n\r\n",
            field("purpose", "x".repeat(70_000))
          ),
          fc.string()
        ),
        { maxLength: 5 }
      )
    }
  ).map((parts) => parts.join(""))

// -----------------------------------------------------------------------------
// targets and headers
// -----------------------------------------------------------------------------

const oddSegments = [
  ".",
  "..",
  "%2e%2e",
  "%00",
  "%ff",
  "%",
  "%zz",
  "%ed%a0%80",
  "%F0%9F%98%80",
  "__proto__",
  "constructor",
  "a%2fb",
  "a;b=c",
  "a,b",
  "'--",
  "%22",
  "asst_",
  "{{file_id}}",
  "x".repeat(3000),
  "%41".repeat(2000)
]

const segment = fc.oneof(
  fc.constantFrom(...oddSegments),
  fc.string({ minLength: 1 }).map((text) => encodeURIComponent(text))
)

const pathOf = (endpoint: Endpoint.Any): fc.Arbitrary<string> => {
  const names = [...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)
  return fc.tuple(
    ...names.map((name) =>
      fc.oneof({ weight: 6, arbitrary: fc.constant(`{{${name}}}`) }, { weight: 1, arbitrary: segment })
    )
  ).map((values) => `/v1${endpoint.path.replace(/\{\w+\}/g, () => values.shift()!)}`)
}

const queryOf = (endpoint: Endpoint.Any): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant("") },
    {
      weight: 3,
      arbitrary: arbitraryOf(endpoint.query).map((query) => {
        const given = Object.entries(query).flatMap(([name, value]) => parametersOf(name, value))
        return given.length === 0 ? "" : `?${new URLSearchParams(given)}`
      })
    },
    {
      weight: 2,
      arbitrary: fc.array(
        fc.tuple(
          fc.constantFrom("limit", "order", "after", "before", "purpose", "run_id", "__proto__", "a[]", "", "%00"),
          fc.constantFrom(
            "1",
            "0",
            "-1",
            "101",
            "1e2",
            "1.5",
            "NaN",
            "",
            "asc",
            "desc",
            "%00",
            "%ff",
            "%",
            "a&b",
            "{{run_id}}"
          )
        ),
        { minLength: 1, maxLength: 4 }
      ).map((pairs) => `?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}`)
    }
  )

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH"]

const oddTargets = [
  "/",
  "/v1",
  "/v1/",
  "//",
  "/v1//assistants",
  "*",
  "/v1/nothing",
  "/_emulator/faults",
  "/docs",
  "/v1?",
  "/v2/a"
]

const contentTypes = [
  "",
  "text/plain",
  "application/json; charset=utf-16",
  "application/JSON;charset=\"utf-8\"",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  "multipart/form-data; boundary=b",
  "; ;",
  "x".repeat(500)
]

const oddHeaders: fc.Arbitrary<readonly [string, string]> = fc.constantFrom<readonly [string, string]>(
  ["authorization", ""],
  ["authorization", "Basic eDp5"],
  ["authorization", `Bearer ${"k".repeat(4000)}`],
  ["openai-beta", "assistants=v2"],
  ["openai-beta", ""],
  ["content-encoding", "gzip"],
  ["accept", "text/html"],
  ["accept-encoding", "*;q=0"],
  ["origin", "https://elsewhere.example"],
  ["access-control-request-method", "POST"],
  ["x-emulator-fault", "{"],
  ["x", "x".repeat(8000)],
  ["traceparent", "00-0-0-00"],
  ["b3", "x"],
  ["range", "bytes=5-1"],
  ["if-none-match", "*"],
  ["upgrade", "websocket"],
  ["cookie", "\u00e9=;=;;"]
)

// -----------------------------------------------------------------------------
// requests
// -----------------------------------------------------------------------------

const sampleOf = (endpoint: Endpoint.Any): fc.Arbitrary<Sample> => {
  const { body } = endpoint
  const type = body._tag === "Json" ? "application/json" : body._tag === "Multipart"
    ? "multipart/form-data; boundary=b"
    : undefined
  const rarely = <A>(usual: A, odd: fc.Arbitrary<A>): fc.Arbitrary<A> =>
    fc.oneof({ weight: 14, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd })
  return fc.record({
    method: rarely<string>(endpoint.method, fc.constantFrom(...methods)),
    path: fc.oneof({ weight: 14, arbitrary: pathOf(endpoint) }, {
      weight: 1,
      arbitrary: fc.constantFrom(...oddTargets)
    }),
    query: queryOf(endpoint),
    type: rarely(type, fc.constantFrom(...contentTypes)),
    odd: rarely<ReadonlyArray<readonly [string, string]>>([], fc.array(oddHeaders, { minLength: 1, maxLength: 3 })),
    body: body._tag === "Json"
      ? jsonOf(body.schema)
      : body._tag === "Multipart"
      ? formOf(body)
      : rarely(undefined, hostile),
    share: rarely(1, fc.double({ min: 0, max: 0.99, noNaN: true })),
    isChunked: fc.boolean(),
    pick: fc.nat()
  }).map(({ method, odd, path, query, type, ...rest }) => {
    const usual: Record<string, string> = {
      authorization: `Bearer ${apiKey}`,
      "openai-beta": "assistants=v1",
      ...(type !== undefined && { "content-type": type })
    }
    const isUsual = ([name]: readonly [string, string]) => !odd.some(([other]) => other === name)
    return {
      ...rest,
      endpoint: method === endpoint.method && path.startsWith("/v1/") && !oddTargets.includes(path)
        ? endpoint
        : undefined,
      method,
      target: path + query,
      headers: [...Object.entries(usual).filter(isUsual), ...odd]
    }
  })
}

export const samples = (count: number, seed: number): ReadonlyArray<Sample> =>
  fc.sample(fc.oneof(...Contract.endpoints.map(sampleOf)), { numRuns: count, seed })
