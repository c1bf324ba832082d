// Writes the files that follow from the modules of a package: its `index.ts`, core's `Contract.ts`, and the list of the
// suite's samples. With `--check`, fails where one of them is not up to date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs"

const packages = new URL("../packages/", import.meta.url)

/** Modules that an index leaves out: each loads something that most users of the package do not need. */
const notIndexed = {
  core: ["Api"],
  client: ["RateLimit", "RateLimitRedis", "UndiciHttpClient"],
  emulator: ["ChatCompletionsModel", "GptTokenizer", "NodeServer", "PgStore", "SqliteStore"],
  "contract-tests": ["Vitest"],
  ai: [],
  workflow: []
}

const read = (path) => readFileSync(new URL(path, packages), "utf8")

/** The order of imports: letters of both cases alike. */
const byName = (one, other) => one.toLowerCase() < other.toLowerCase() ? -1 : 1

const namesOf = (name) =>
  readdirSync(new URL(`${name}/src/`, packages))
    .filter((file) => /^[A-Z]\w*\.ts$/.test(file))
    .map((file) => file.slice(0, -3))
    .sort(byName)

/** The first sentence of a module's docblock. */
const sentenceOf = (source) =>
  /^\/\*\*\n((?: \* .*\n)+)/.exec(source)[1].replaceAll(/^ \* /gm, "").replaceAll("\n", " ").match(/.+?\.(?=\s)/)[0]

/** What a resource's module states as its description. */
const descriptionOf = (source) => /= Resource\.make\(\{[^]*?description:\s+"(.*?)"/.exec(source)?.[1]

const resources = namesOf("core").flatMap((name) => {
  const description = descriptionOf(read(`core/src/${name}.ts`))
  return description === undefined ? [] : [[name, description]]
})

const descriptions = new Map(resources)

const indexOf = (name) =>
  namesOf(name).filter((module) => !notIndexed[name].includes(module)).map((module) => {
    const sentence = descriptions.get(module) ?? sentenceOf(read(`${name}/src/${module}.ts`))
    return `/**\n * ${sentence}\n *\n * @since 0.1.0\n */\nexport * as ${module} from "./${module}.js"\n`
  }).join("\n")

const files = new Map(Object.keys(notIndexed).map((name) => [`${name}/src/index.ts`, indexOf(name)]))

const contract = "core/src/Contract.ts"
files.set(
  contract,
  read(contract)
    .replace(
      /(?:import (?:type )?\* as \w+ from .*\n)+/,
      [...resources.map(([name]) => name), "Endpoint"]
        .sort(byName)
        .map((name) => `import ${name === "Endpoint" ? "type " : ""}* as ${name} from "./${name}.js"\n`)
        .join("")
    )
    .replace(
      /(?<=export const resources = \{\n)[^}]*(?=\} as const)/,
      resources.map(([name]) => `  ${name}: ${name}.resource`).join(",\n") + "\n"
    )
)

files.set(
  "contract-tests/src/internal/samples/all.ts",
  resources.map(([name]) => `import * as ${name} from "./${name}.js"\n`).join("") +
    "\n/** The samples of each resource. `npm run generate` writes this list. */\nexport const all = {\n" +
    resources.map(([name]) => `  ${name}: ${name}.samples`).join(",\n") + "\n}\n"
)

const outdated = [...files].filter(([path, text]) => read(path) !== text)

if (process.argv.includes("--check")) {
  for (const [path] of outdated) console.error(`packages/${path} is not up to date: run npm run generate`)
  if (outdated.length > 0) process.exitCode = 1
} else {
  for (const [path, text] of outdated) writeFileSync(new URL(path, packages), text)
}
