// Checks the links of the Markdown files within the repository, then compiles every block of TypeScript in the READMEs as a
// separate module: in the root README as a user of all packages, in a package's README as a user of that package.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

// Patterns of other checks, which run at the same time, do not match folders that begin with a dot.
const readmes = [
  { readme: "README.md", folder: "examples/.readme" },
  ...readdirSync("packages").map((name) => ({
    readme: `packages/${name}/README.md`,
    folder: `packages/${name}/.readme`
  })).filter(({ readme }) => existsSync(readme))
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

for (const { folder, readme } of readmes) {
  const blocks = Array.from(readFileSync(readme, "utf8").matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code)
  if (blocks.length === 0) {
    if (readme === "README.md") throw new Error(`${readme} has no block of TypeScript`)
    continue
  }
  mkdirSync(folder, { recursive: true })
  try {
    const files = blocks.map((_, index) => `block-${index + 1}.ts`)
    blocks.forEach((code, index) => writeFileSync(join(folder, files[index]), code))
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: relative(folder, "tsconfig.base.json"),
        compilerOptions: { composite: false, declarationMap: false, noEmit: true, noUnusedLocals: false },
        files
      })
    )
    execFileSync("tsc", ["--project", folder], { stdio: "inherit", shell: process.platform === "win32" })
    console.log(`${blocks.length} blocks of ${readme} compile`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
