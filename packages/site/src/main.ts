/**
 * `npm run site` builds the site into `packages/site/dist`, `-- --dev` serves it while it is edited, `-- --preview` serves what
 * was built, `-- --check` builds it and checks its accessibility. docgen runs first for the packages that changed since it last
 * ran.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build, createServer, serve } from "vitepress"
import { why } from "../../emulator/test/browser.js"
import { problemsOf } from "./accessibility.js"
import { packages, root } from "./sources.js"

const { values } = parseArgs({
  options: {
    check: { type: "boolean" },
    dev: { type: "boolean" },
    preview: { type: "boolean" },
    port: { type: "string" }
  }
})

/** When the newest file of a folder was written, in milliseconds. */
const newest = (folder: string): number =>
  existsSync(folder)
    ? Math.max(
      0,
      ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => statSync(join(folder, file)).mtimeMs)
    )
    : 0

const outdated = packages
  .map(([name]) => join(root, "packages", name))
  .filter((folder) => newest(join(folder, "docs/modules")) < newest(join(folder, "src")))

for (const folder of values.preview ? [] : outdated) {
  const { status } = spawnSync("docgen", { cwd: folder, stdio: ["ignore", 2, 2], shell: process.platform === "win32" })
  if (status !== 0) process.exit(status ?? 1)
}

const site = join(root, "packages/site")
const port = Number(values.port ?? 5173)

if (values.dev) {
  const server = await createServer(site, { port })
  await server.listen()
  server.printUrls()
  server.bindCLIShortcuts({ print: true })
} else if (values.preview) {
  await serve({ root: site, port })
} else {
  await build(site)
  if (values.check && why !== undefined) console.warn(`The accessibility of the site was not checked: ${why}`)
  const problems = values.check && why === undefined ? await problemsOf(join(site, "dist")) : []
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
