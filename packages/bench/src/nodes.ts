/** Other versions of Node, whose binaries are npm packages. */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../node_modules/.cache/bench/nodes", import.meta.url))

export interface Node {
  readonly version: string
  readonly path: string
}

/** Returns the latest version of a major. Downloads it once. */
export const nodeOf = (major: string): Node => {
  const prefix = `${folder}/${major}`
  const path = `${prefix}/node_modules/node/bin/node`
  if (!existsSync(path)) {
    mkdirSync(prefix, { recursive: true })
    execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", prefix, `node@${major}`], {
      stdio: ["ignore", "ignore", "inherit"]
    })
  }
  return { path, version: execFileSync(path, ["--version"], { encoding: "utf8" }).trim().slice(1) }
}
