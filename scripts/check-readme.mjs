// Compiles every block of TypeScript in the READMEs as a separate module: in the root README as a user of all packages, in a
// package's README as a user of that package.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"

const readmes = [
  { readme: "README.md", folder: "examples/readme" },
  ...readdirSync("packages").map((name) => ({
    readme: `packages/${name}/README.md`,
    folder: `packages/${name}/readme`
  })).filter(({ readme }) => existsSync(readme))
]

for (const { folder, readme } of readmes) {
  const blocks = Array.from(readFileSync(readme, "utf8").matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code)
  if (blocks.length === 0) {
    if (readme === "README.md") throw new Error(`${readme} has no block of TypeScript`)
    continue
  }
  mkdirSync(folder, { recursive: true })
  try {
    blocks.forEach((code, index) => writeFileSync(join(folder, `block-${index + 1}.ts`), code))
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: relative(folder, "tsconfig.base.json"),
        compilerOptions: { composite: false, declarationMap: false, noEmit: true, noUnusedLocals: false },
        include: ["."]
      })
    )
    execFileSync("tsc", ["--project", folder], { stdio: "inherit", shell: process.platform === "win32" })
    console.log(`${blocks.length} blocks of ${readme} compile`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
