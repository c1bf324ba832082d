// Packs the packages, serves them as a registry, and makes empty projects in a temporary folder that install them.
import { execFile, execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { pack } from "./pnpm.mjs"

/** A temporary folder, removed when the process ends. */
export const root = mkdtempSync(join(tmpdir(), "install-"))

const opened = []

/** Calls a function when the process ends. */
export const onExit = (close) => opened.push(close)

// Also where this process is stopped by a signal.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))
process.once("exit", () => {
  for (const close of opened) close()
  rmSync(root, { recursive: true, force: true })
})

const exec = promisify(execFile)

/** Runs a command in a folder. Throws with all that it wrote. */
export const run = async (cwd, command, args, env = {}, options = {}) => {
  try {
    const { stderr, stdout } = await exec(command, args, {
      cwd,
      env: { ...process.env, npm_config_audit: "false", npm_config_fund: "false", ...env },
      maxBuffer: 64_000_000,
      shell: process.platform === "win32",
      ...options
    })
    return stdout + stderr
  } catch (error) {
    const end = error.killed ? `no end after ${options.timeout / 1000} s` : `exit ${error.code ?? error.signal}`
    throw new Error(`${command} ${args.join(" ")} in ${cwd}: ${end}\n${error.stdout}${error.stderr}`)
  }
}

/** Serves the packages in a folder as their registry. Returns its URL. */
const serve = async (folder) => {
  const packages = new Map(
    readdirSync(folder).map((file) => {
      const bytes = readFileSync(join(folder, file))
      const manifest = JSON.parse(execFileSync("tar", ["-xzOf", join(folder, file), "package/package.json"], {
        encoding: "utf8"
      }))
      return [manifest.name, { bytes, file, manifest }]
    })
  )
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`
    const path = decodeURIComponent(request.url.slice(1))
    const tarball = [...packages.values()].find(({ file }) => path === `-/${file}`)
    if (tarball !== undefined) return response.end(tarball.bytes)
    const found = packages.get(path)
    if (found === undefined) return response.writeHead(404).end()
    const { bytes, file, manifest } = found
    const dist = {
      tarball: `${origin}/-/${file}`,
      integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`
    }
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify({
      name: manifest.name,
      "dist-tags": { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, dist } }
    }))
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  onExit(() => server.close())
  return `http://127.0.0.1:${server.address().port}/`
}

/** Packs the packages, which must be built, and serves them. Returns the URL of their registry. */
export const serveRegistry = () => {
  const packed = join(root, "packed")
  mkdirSync(packed)
  pack(packed)
  return serve(packed)
}

/** Makes an empty project. */
export const project = (name, registry, manifest = {}) => {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", ...manifest }))
  writeFileSync(join(folder, ".npmrc"), `@effect-openai:registry=${registry}\n`)
  return folder
}

/** What a README prints: the packages of its first `npm install`, and its first program. */
export const readmeOf = (name) => {
  const text = readFileSync(`packages/${name}/README.md`, "utf8")
  const line = /^npm install (.+)$/m.exec(text)?.[1]
  const program = /^```ts\n(.*?)^```$/ms.exec(text)?.[1]
  if (line === undefined || program === undefined) throw new Error(`The README of ${name} does not install and run`)
  return { packages: line.split(" "), program }
}

/** Starts the emulator by a command. Returns its URL, and a function that stops it. Rejects if it ends before it listens. */
export const startEmulator = (cwd, command, args) =>
  new Promise((resolve, reject) => {
    // The command of a package manager starts the emulator as its child, so the group of both is stopped.
    const child = spawn(command, [...args, "--port", "0"], { cwd, stdio: ["ignore", "pipe", "pipe"], detached: true })
    const stop = () => child.exitCode === null && child.signalCode === null && process.kill(-child.pid, "SIGKILL")
    onExit(stop)
    const timer = setTimeout(stop, 180_000)
    let output = ""
    child.on("error", reject)
    child.on("exit", (code) => reject(new Error(`The emulator ended: ${code}\n${output}`)))
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk
        const url = /http:\/\/127\.0\.0\.1:\d+\/v1/.exec(output)?.[0]
        if (url === undefined) return
        clearTimeout(timer)
        resolve({ url, stop })
      })
    }
  })
