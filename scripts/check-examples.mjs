// Compiles the TypeScript in documentation: the examples of docblocks, as a user of all packages, and the blocks of READMEs, in the
// root README as a user of all packages, in a package's README as a user of that package. Then runs the examples. Also checks
// the links of the Markdown files within the repository.
//
// All of them are one program, and only they are checked: what they import is checked by `check:types`.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import ts from "typescript"

const packages = readdirSync("packages")

// -----------------------------------------------------------------------------
// links
// -----------------------------------------------------------------------------

const readmes = [
  { readme: "README.md", owner: "examples" },
  ...packages.map((name) => ({ readme: `packages/${name}/README.md`, owner: `packages/${name}` }))
    .filter(({ readme }) => existsSync(readme))
]

/** The anchors of a file's headings. */
const anchorsOf = (path) =>
  Array.from(
    readFileSync(path, "utf8").matchAll(/^#+ (.*)$/gm),
    ([, heading]) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  )

const isDead = (from, link) => {
  const [path, anchor] = link.split("#")
  const target = path === "" ? from : join(dirname(from), path)
  if (!existsSync(target)) return true
  return anchor !== undefined &&
    !anchorsOf(target.endsWith(".md") ? target : join(target, "README.md")).includes(anchor)
}

const dead = ["CONTRIBUTING.md", ...readmes.map(({ readme }) => readme)].flatMap((path) =>
  Array.from(
    readFileSync(path, "utf8").replaceAll(/^```.*?^```$/gms, "").matchAll(/\]\(([^)\s]+)\)/g),
    ([, link]) => link
  )
    .filter((link) => !/^https?:/.test(link) && isDead(path, link))
    .map((link) => `${path}: ${link} does not exist`)
)
if (dead.length > 0) throw new Error(dead.join("\n"))

// -----------------------------------------------------------------------------
// code
// -----------------------------------------------------------------------------

/** The blocks of READMEs. */
const blocks = readmes.map(({ owner, readme }) => ({
  owner,
  source: readme,
  codes: Array.from(readFileSync(readme, "utf8").matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code)
}))
if (blocks[0].codes.length === 0) throw new Error("README.md has no block of TypeScript")

/** The examples in the docblocks of a module. */
const examplesIn = (text) =>
  Array.from(
    text.matchAll(/^[ \t]*\/\*\*.*?\*\//gms),
    ([comment]) => comment.slice(0, -2).replaceAll(/^[ \t]*\/?\*+ ?/gm, "")
  )
    .flatMap((prose) => prose.split(/^(?=@\w)/m).filter((tag) => tag.startsWith("@example")))
    .map((tag) => tag.slice("@example".length).trim() + "\n")

const examples = packages.filter((name) => existsSync(`packages/${name}/docgen.json`)).flatMap((name) =>
  readdirSync(`packages/${name}/src`, { recursive: true }).filter((file) => /^(?!internal\W).*\.ts$/.test(file)).map(
    (file) => {
      const source = `packages/${name}/src/${file}`
      return { owner: `packages/${name}`, source, codes: examplesIn(readFileSync(source, "utf8")), runs: true }
    }
  )
)
if (examples.every(({ codes }) => codes.length === 0)) throw new Error("No module has an example")

/** The modules to check, in the package of their source, whose dependencies they import. Other checks ignore the folder. */
const folderOf = (owner) => join(owner, ".examples")
const written = [...blocks, ...examples].flatMap(({ codes, owner, runs = false, source }) =>
  codes.map((code, index) => {
    const name = `${source.replaceAll(/\W+/g, "-")}-${index + 1}.ts`
    return { code, path: join(folderOf(owner), name), runs }
  })
)

const check = () => {
  const { config } = ts.readConfigFile("tsconfig.base.json", ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(
    { ...config, files: [] },
    ts.sys,
    process.cwd(),
    { composite: false, declarationMap: false, noEmit: true, noUnusedLocals: false }
  )
  const program = ts.createProgram(written.map(({ path }) => path), options)
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...written.flatMap(({ path }) => {
      const file = program.getSourceFile(path)
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    })
  ]
  if (diagnostics.length === 0) return
  const host = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => process.cwd(),
    getNewLine: () => "\n"
  }
  throw new Error(ts.formatDiagnostics(diagnostics, host))
}

const run = () => {
  const index = join(folderOf("examples"), "index.ts")
  writeFileSync(
    index,
    written.filter(({ runs }) => runs).map(({ path }) => `import ${JSON.stringify(`../../${path}`)}\n`).join("")
  )
  execFileSync("tsx", [index], { stdio: "inherit", shell: process.platform === "win32" })
}

const folders = new Set(written.map(({ path }) => dirname(path)))
try {
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  for (const { code, path } of written) writeFileSync(path, code)
  check()
  run()
  const count = (all) => all.flatMap(({ codes }) => codes).length
  console.log(`${count(blocks)} blocks of READMEs compile, ${count(examples)} examples compile and run`)
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true })
}
