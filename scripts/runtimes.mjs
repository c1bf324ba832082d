// Runtimes whose binaries are npm packages. They are installed once into separate folders, and are not dependencies.
import { existsSync } from "node:fs"
import { join } from "node:path"
import { install } from "./install.mjs"

const { arch, platform } = process
const aarch = arch === "arm64" ? "aarch64" : arch

const node = (version) => ({
  title: `Node ${version}`,
  dependency: `npm:node-${platform}-${arch}@${version}`,
  file: "bin/node",
  args: []
})

/** Each runtime: the package of its binary for this platform, and the arguments that run a file. */
const runtimes = {
  "node-20": node("20.20.2"),
  "node-22": node("22.23.3"),
  "node-24": node("24.21.0"),
  bun: { title: "Bun 1.4.5", dependency: `npm:@oven/bun-${platform}-${aarch}@1.4.5`, file: "bin/bun", args: [] },
  deno: {
    title: "Deno 2.9.6",
    dependency: `npm:@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}@2.9.6`,
    file: "deno",
    args: ["run", "--quiet", "--allow-all", "--no-lock"]
  },
  workerd: {
    title: "workerd 1.20261117.1",
    dependency: `npm:@cloudflare/workerd-${platform}-${arch === "x64" ? "64" : arch}@1.20261117.1`,
    file: "bin/workerd",
    args: ["test"]
  }
}

/** The names of the runtimes. */
export const names = Object.keys(runtimes)

/** Returns a runtime with its binary, or with the reason why it has no binary. */
export const runtime = (name) => {
  const { args, dependency, file, title } = runtimes[name]
  try {
    const binary = join(install(name, { dependencies: { [name]: dependency } }), "node_modules", name, file)
    return existsSync(binary) ? { name, title, args, binary } : { name, title, missing: `${dependency} has no ${file}` }
  } catch {
    return { name, title, missing: `npm does not install ${dependency.slice(4)}` }
  }
}
