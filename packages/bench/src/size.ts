/**
 * `npm run check:size`: measures how many bytes one operation adds to a bundle, and which modules of the client it
 * reaches.
 *
 * The floor is the same program without the client: everything that it refers to in effect and the platform. With
 * `-- --pieces` it also prints what each piece of the client is worth.
 */
import { parseArgs } from "node:util"
import * as Programs from "./programs.js"

/**
 * Bytes after gzip. Most of them are shared by all operations: responses and errors, the validation of options, requests
 * and responses, timeouts, redirects, retries, telemetry. The rest is the model of the response.
 */
const limit = 15_800

/** Modules that every operation may reach. Other modules belong to a resource. */
const shared = [
  "client/internal/*",
  "client/OpenAiClient",
  "client/Operation",
  "client/Retry",
  "core/internal/*",
  "core/Common",
  "core/Endpoint",
  "core/Json",
  "core/OpenAiError",
  "core/Pagination",
  "core/Struct",
  "core/Tolerant"
]

const own = ["client/Assistants", "core/Assistants"]

/** The pieces of the client, from the ones that another design could leave out to those that every call runs. */
const pieces = {
  "descriptions of fields and operations": {
    pattern:
      /\b(described\(|string\(|integer\(|timestamp\(|pathParameter\(|(?:description|summary|title): )("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)/g,
    replacement: "$1\"\""
  },
  "limits: concurrency, pace": { modules: ["client/internal/limits/*"] },
  "telemetry: spans, metrics": { modules: ["client/internal/telemetry/*"] },
  "transports that are not this library's": { modules: ["client/internal/transport/*"] },
  "what responses may deviate by": { modules: ["core/Tolerant"] },
  "compiled checks": { modules: ["client/internal/response/validator"] },
  "errors: classes, shapes, headers": {
    modules: ["core/OpenAiError", "client/internal/response/errors", "client/internal/response/headers"]
  },
  "secrets in texts": { modules: ["client/internal/secrets"] },
  "retries, budget": { modules: ["client/Retry", "client/internal/execute/retry"] },
  "requests: checks, path, query": { modules: ["client/internal/request/*"] },
  "options": { modules: ["client/OpenAiClient", "client/internal/options"] },
  "responses: JSON, issues": {
    modules: ["client/internal/response/json", "client/internal/response/issue", "client/internal/response/response"]
  },
  "the operation and its models": {
    modules: ["client/Assistants", "core/Assistants", "core/Common", "core/Endpoint", "core/internal/*"]
  },
  "calls: attempts, timeouts, redirects": {
    modules: ["client/Operation", "client/internal/openAiClient", "client/internal/execute/*"]
  }
} satisfies { readonly [name: string]: Programs.Piece }

const isAllowed = (module: string): boolean =>
  [...shared, ...own].some((name) => name.endsWith("*") ? module.startsWith(name.slice(0, -1)) : module === name)

/** Returns a program that refers to everything this code refers to in other packages, and does nothing else. */
const referring = (code: string): string => {
  const imports = Array.from(code.matchAll(/^import \* as ([\w$]+) from "([^"]+)";$/gm))
  const names = imports.flatMap(([, local, from]) =>
    Array.from(
      new Set(
        Array.from(
          code.matchAll(new RegExp(`(?<![\\w$.])${local!.replaceAll("$", "\\$")}\\.(\\w+)`, "g")),
          ([, name]) => name
        )
      )
    ).map((name) => ({ name, from }))
  )
  return [
    ...names.map(({ from, name }, index) => `import { ${name} as _${index} } from "${from}"`),
    `console.log(${names.map((_, index) => `_${index}`).join()})`
  ].join("\n")
}

const platform = "browser"
const program = "effect-openai"

const complete = await Programs.bundle({ program }, { platform })
const alone = await Programs.bundle({ program }, { platform, minify: false, external: ["effect", "@effect/*"] })
const floor = await Programs.bundle({ text: referring(new TextDecoder().decode(Programs.codeOf(alone))) }, { platform })

const sizes = [floor, complete].map((bundle) => Programs.gzipped(Programs.codeOf(bundle)))
const added = sizes[1]! - sizes[0]!

/** The modules of this library in the bundle, and how many bytes the bundle would lose without each. */
const reached = (await Programs.modulesOf({ program }, { platform })).flatMap(({ path, saved }) => {
  const [, name, module] = /\/(core|client)\/dist\/(.*)\.js$/.exec(path) ?? []
  return name === undefined ? [] : [{ module: `${name}/${module}`, saved }]
}).toSorted((one, other) => other.saved - one.saved)

if (parseArgs({ options: { pieces: { type: "boolean", default: false } } }).values.pieces) {
  for (const { name, saved } of await Programs.piecesOf({ program }, { platform }, pieces)) {
    console.log(`${String(saved).padStart(6)} ${name}`)
  }
}

const foreign = reached.filter(({ module }) => !isAllowed(module))

for (const { module, saved } of reached) console.log(`${String(saved).padStart(6)} ${module}`)
console.log(
  `${sizes[1]} bytes (gzip): ${sizes[0]} of effect and its platform, ${added} of this library; limit ${limit}`
)

if (reached.length === 0) {
  throw new Error("The bundle has no module of this library: the check looks in the wrong place")
}
if (foreign.length > 0) {
  throw new Error(`One operation of assistants reaches ${foreign.map(({ module }) => module).join(", ")}`)
}
if (added > limit) throw new Error(`One operation adds ${added} bytes, more than ${limit}`)
