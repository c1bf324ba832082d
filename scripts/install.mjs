// Installs packages that are not dependencies of this repository, once, into a separate folder.
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const cache = fileURLToPath(new URL("../node_modules/.cache", import.meta.url))

/** Returns the folder that has the packages of a manifest, which must name exact versions. */
export const install = (name, manifest) => {
  const text = JSON.stringify({ private: true, ...manifest })
  const folder = join(cache, `${name}-${createHash("sha256").update(text).digest("hex").slice(0, 12)}`)
  const done = join(folder, "installed")
  if (!existsSync(done)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "package.json"), text)
    // Without peers: frameworks that a package supports, and that nothing here uses.
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps"], {
      cwd: folder,
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32"
    })
    writeFileSync(done, "")
  }
  return folder
}
