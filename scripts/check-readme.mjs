// Compiles every block of TypeScript in the README as a module of its own.
import { execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"

const folder = "examples/readme"
const blocks = Array.from(readFileSync("README.md", "utf8").matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code)
if (blocks.length === 0) throw new Error("README.md has no block of TypeScript")

mkdirSync(folder, { recursive: true })
try {
  blocks.forEach((code, index) => writeFileSync(`${folder}/block-${index + 1}.ts`, code))
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      compilerOptions: { composite: false, declarationMap: false, noEmit: true, noUnusedLocals: false },
      include: ["."]
    })
  )
  execFileSync("tsc", ["--project", folder], { stdio: "inherit", shell: process.platform === "win32" })
  console.log(`${blocks.length} blocks of README.md compile`)
} finally {
  rmSync(folder, { recursive: true })
}
