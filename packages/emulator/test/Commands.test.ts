import { assert, it } from "@effect/vitest"
import { build } from "esbuild"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../..", import.meta.url))

/** What commands such as `npm run torture` and `npm run kill` run. */
const commands = readdirSync(join(root, "packages")).flatMap((name) => {
  const folder = join(root, "packages", name, "test")
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /^\w+\/main\.ts$/.test(file))
      .map((file) => join(folder, file))
  } catch {
    return []
  }
})

it("Commands run without the test runner: vitest can't be imported where it does not run", async () => {
  assert.isAtLeast(commands.length, 6)
  const { metafile } = await build({
    entryPoints: commands,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    metafile: true,
    write: false,
    outdir: "unused",
    absWorkingDir: root
  })
  const importing = Object.entries(metafile.inputs)
    .filter(([, { imports }]) => imports.some(({ path }) => /^(@effect\/)?vitest$/.test(path)))
    .map(([file]) => file)
  assert.deepStrictEqual(importing, [])
})
