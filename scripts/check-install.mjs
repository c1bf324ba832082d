// Packs the packages, serves them as a registry, and installs them into empty projects by the lines that the READMEs print,
// with npm and with pnpm. There it compiles and runs the first program of each README. Arguments select package managers and
// packages, such as `pnpm client`; default: all of them, the suite under vitest, and Effect 4.
import { execFile, execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { pnpm } from "./pnpm.mjs"

const { packageManager } = JSON.parse(readFileSync("package.json", "utf8"))
const root = mkdtempSync(join(tmpdir(), "install-"))
const compilers = { 5.9: "typescript", 7: "typescript-7" }
const modules = { NodeNext: "NodeNext", Bundler: "ESNext" }
const tools = join(root, "tools")
const opened = []
const selected = process.argv.slice(2)
const isSelected = (names, name) => !names.some((other) => selected.includes(other)) || selected.includes(name)

// Also where this process is stopped by a signal.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))
process.once("exit", () => {
  for (const close of opened) close()
  rmSync(root, { recursive: true, force: true })
})

const exec = promisify(execFile)

/** Runs a command in a folder. Throws with all that it wrote. */
const run = async (cwd, command, args, env = {}) => {
  try {
    const { stderr, stdout } = await exec(command, args, {
      cwd,
      env: { ...process.env, npm_config_audit: "false", npm_config_fund: "false", ...env },
      maxBuffer: 64_000_000,
      shell: process.platform === "win32"
    })
    return stdout + stderr
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")} in ${cwd}: exit ${error.code}\n${error.stdout}${error.stderr}`)
  }
}

const failure = (cwd, command, args) =>
  run(cwd, command, args).then(
    (output) => {
      throw new Error(`${command} ${args.join(" ")} succeeded, but must fail\n${output}`)
    },
    (error) => error.message
  )

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
  opened.push(() => server.close())
  return `http://127.0.0.1:${server.address().port}/`
}

/** Makes an empty project. */
const project = (name, registry, manifest = {}) => {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", ...manifest }))
  writeFileSync(join(folder, ".npmrc"), `@effect-openai:registry=${registry}\n`)
  return folder
}

const managers = {
  npm: {
    install: (folder, packages) => run(folder, "npm", ["install", ...packages]),
    exec: (command, args) => ["npx", ["--no-install", command, ...args]]
  },
  pnpm: {
    install: (folder, packages) => run(folder, "npx", ["--yes", packageManager, "add", ...packages]),
    exec: (command, args) => ["npx", ["--yes", packageManager, "exec", command, ...args]]
  }
}

/** What a README prints: the packages of its first `npm install`, and its first program. */
const readmeOf = (name) => {
  const text = readFileSync(`packages/${name}/README.md`, "utf8")
  const line = /^npm install (.+)$/m.exec(text)?.[1]
  const program = /^```ts\n(.*?)^```$/ms.exec(text)?.[1]
  if (line === undefined || program === undefined) throw new Error(`The README of ${name} does not install and run`)
  return { packages: line.split(" "), program }
}

/** Compiles every file of a project, by each compiler and each resolution. One of them leaves JavaScript and declarations. */
const compile = async (folder) => {
  for (const [version, compiler] of Object.entries(compilers)) {
    for (const [moduleResolution, module] of Object.entries(modules)) {
      const emits = version === "5.9" && moduleResolution === "NodeNext"
      const config = `tsconfig.${version}.${moduleResolution}.json`
      writeFileSync(
        join(folder, config),
        JSON.stringify({
          compilerOptions: {
            strict: true,
            exactOptionalPropertyTypes: true,
            target: "ES2022",
            lib: ["ES2023", "DOM", "DOM.Iterable"],
            module,
            moduleResolution,
            typeRoots: [join(tools, "node_modules", "@types")],
            types: ["node"],
            // Names that can't be written in declarations (TS2742) are errors only where they are emitted.
            declaration: true,
            // The declarations of all dependencies are checked too, by each compiler once.
            skipLibCheck: moduleResolution === "Bundler",
            outDir: emits ? "out" : `out-${version}-${moduleResolution}`
          },
          include: ["*.ts"]
        })
      )
      await run(folder, "node", [join(tools, "node_modules", compiler, "bin", "tsc"), "--project", config])
    }
  }
}

/** Calls every operation, so that the declarations of a project name each type that an operation returns. */
const everyOperation = async (folder) => {
  const client = await import(pathToFileURL(join(folder, "node_modules/@effect-openai/client/dist/index.js")).href)
  const calls = Object.entries(client).flatMap(([resource, operations]) =>
    Object.entries(operations).flatMap(([name, operation]) => {
      if (typeof operation !== "function" || !("endpoint" in operation)) return []
      const forms = ["", ...["items", "pages", "stream"].filter((form) => form in operation).map((form) => `.${form}`)]
      return forms.map((form) => [resource, `${resource}.${name}${form}`])
    })
  )
  const names = [...new Set(calls.map(([resource]) => resource))]
  return [
    `import { ${names.join(", ")} } from "@effect-openai/client"`,
    ...calls.map(([, call]) => `export const ${call.replaceAll(".", "_")} = ${call}(null as never)`),
    ""
  ].join("\n")
}

const say = (text) => console.log(text)

try {
  const packed = join(root, "packed")
  mkdirSync(packed)
  const filter = ["--filter", "./packages/*", "--filter", "!./packages/bench"]
  if (pnpm(["--recursive", ...filter, "pack", "--pack-destination", packed], "ignore") !== 0) {
    throw new Error("pnpm pack failed")
  }
  const registry = await serve(packed)
  project("tools", registry)
  await managers.npm.install(tools, ["typescript@5.9.3", "typescript-7@npm:typescript@7.0.2", "@types/node@20.19.43"])

  for (const [manager, { exec, install }] of Object.entries(managers)) {
    if (!isSelected(Object.keys(managers), manager)) continue
    // The emulator comes first: the programs of the others call it.
    const server = { url: undefined }
    const names = ["emulator", "core", "client", "ai", "workflow", "contract-tests"]
    for (const name of names) {
      if (name !== "emulator" && !isSelected(names, name)) continue
      const { packages, program } = readmeOf(name)
      const folder = project(`${manager}-${name}`, registry)
      await install(folder, packages)
      writeFileSync(join(folder, "main.ts"), program)
      if (name === "client") writeFileSync(join(folder, "operations.ts"), await everyOperation(folder))
      if (isSelected(names, name)) await compile(folder)
      if (name === "emulator") {
        const [command, args] = exec("effect-openai-emulator", ["--port", "0"])
        const child = spawn(command, args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], detached: true })
        opened.push(() => child.exitCode === null && process.kill(-child.pid))
        server.url = await new Promise((resolve, reject) => {
          let output = ""
          child.on("exit", () => reject(new Error(`The emulator ended\n${output}`)))
          for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (chunk) => {
              output += chunk
              const url = /http:\/\/127\.0\.0\.1:\d+\/v1/.exec(output)?.[0]
              if (url !== undefined) resolve(url)
            })
          }
        })
      }
      if (!isSelected(names, name)) continue
      const output = await run(folder, "node", ["out/main.js"], {
        OPENAI_BASE_URL: server.url,
        OPENAI_API_KEY: "sk-test"
      })
      if (output.trim() === "") throw new Error(`The first program of ${name} printed nothing`)
      say(`${manager}: ${name} installs, compiles by ${Object.keys(compilers).join(" and ")}, and runs`)
      if (name === "contract-tests") {
        const [command, args] = exec("effect-openai-contract", ["--only", "models/list", "--base-url", server.url])
        await run(folder, command, [...args, "--api-key", "sk-test"])
        say(`${manager}: effect-openai-contract runs`)
      }
    }
  }

  if (selected.length === 0) {
    // The suite under each major version of vitest that it names, where this version of Node runs it.
    const [major, minor] = process.versions.node.split(".").map(Number)
    for (const vitest of [3, 4, ...(major > 22 || (major === 22 && minor >= 12) ? [5] : [])]) {
      const folder = project(`vitest-${vitest}`, registry)
      const { packages } = readmeOf("contract-tests")
      await managers.npm.install(folder, [...packages, `vitest@${vitest}`])
      writeFileSync(
        join(folder, "suite.test.ts"),
        `import * as ContractTests from "@effect-openai/contract-tests/Vitest"
import { Emulator } from "@effect-openai/emulator"

ContractTests.register("the emulator", { layer: Emulator.layer(), only: ["models/list"] })
`
      )
      await run(folder, "npx", ["--no-install", "vitest", "run"])
      say(`vitest ${vitest} runs the suite`)
    }

    // Effect 4: npm refuses to install, and where peers are ignored, the commands state what is wrong.
    const four = project("effect-4", registry, { dependencies: { effect: "^4.0.0" } })
    const { packages } = readmeOf("client")
    const refused = await failure(four, "npm", ["install", ...packages.filter((name) => !name.startsWith("effect@"))])
    if (!refused.includes("ERESOLVE") || !/peer effect@"\^3/.test(refused)) throw new Error(refused)
    await run(four, "npm", [
      "install",
      "--legacy-peer-deps",
      "@effect-openai/emulator",
      "@effect-openai/contract-tests",
      "@effect/platform"
    ])
    for (const command of ["effect-openai-emulator", "effect-openai-contract"]) {
      const output = await failure(four, "npx", ["--no-install", command])
      if (!/needs effect 3, but effect 4\.\S+ is installed\. Run: npm install effect@3\n$/.test(output)) {
        throw new Error(output)
      }
    }
    say("effect 4: npm refuses, and the commands state the version that they need")
  }
} catch (error) {
  console.error(error)
  process.exit(1)
}
process.exit(0)
