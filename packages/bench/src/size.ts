/**
 * What one operation adds to a bundle, and what of the client it reaches: `npm run check:size`, by bytes and not by time.
 *
 * The floor is the same program without the client: of effect and the platform everything that it still refers to, and
 * nothing of ours.
 */
import * as Programs from "./programs.js"

/**
 * Bytes after gzip. Most are what every operation does: what becomes of answers and errors, the checks of options, requests
 * and answers, time limits, redirects, retries, telemetry. The rest is the model of its answer.
 */
const limit = 11_700

/** What any operation may reach. All else is some resource's. */
const shared = [
  "client/internal/*",
  "client/OpenAiClient",
  "client/Operation",
  "client/Retry",
  "core/internal/*",
  "core/Common",
  "core/Endpoint",
  "core/OpenAiError",
  "core/Pagination",
  "core/Tolerant"
]

const own = ["client/Assistants", "core/Assistants"]

const isAllowed = (module: string): boolean =>
  [...shared, ...own].some((name) => name.endsWith("*") ? module.startsWith(name.slice(0, -1)) : module === name)

/** A program that refers to all that this code refers to in other packages, and has no code else. */
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

const whole = await Programs.bundle({ program }, { platform })
const alone = await Programs.bundle({ program }, { platform, minify: false, external: ["effect", "@effect/*"] })
const floor = await Programs.bundle({ text: referring(new TextDecoder().decode(Programs.codeOf(alone))) }, { platform })

const sizes = [floor, whole].map((bundle) => Programs.gzipped(Programs.codeOf(bundle)))
const added = sizes[1]! - sizes[0]!

/** What of ours is reached, and how many bytes fewer the bundle would have without each. */
const reached = (await Programs.modulesOf({ program }, { platform })).flatMap(({ path, saved }) => {
  const [, name, module] = /\/(core|client)\/dist\/(.*)\.js$/.exec(path) ?? []
  return name === undefined ? [] : [{ module: `${name}/${module}`, saved }]
}).toSorted((one, other) => other.saved - one.saved)

const foreign = reached.filter(({ module }) => !isAllowed(module))

for (const { module, saved } of reached) console.log(`${String(saved).padStart(6)} ${module}`)
console.log(
  `${sizes[1]} bytes by gzip, of which effect and its platform are ${sizes[0]} and ours ${added}; limit ${limit}`
)

if (reached.length === 0) throw new Error("The bundle holds nothing of ours: the check looks for it at the wrong place")
if (foreign.length > 0) {
  throw new Error(`One operation of assistants reaches ${foreign.map(({ module }) => module).join(", ")}`)
}
if (added > limit) throw new Error(`One operation adds ${added} bytes, more than ${limit}`)
