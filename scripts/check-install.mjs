// Packs the packages, serves them as a registry, and installs them into empty projects by the lines that the READMEs print,
// with npm and with pnpm. There it compiles and runs the first program of each README. Arguments select package managers and
// packages, such as `pnpm client`, or `peers`: the versions of peers. Default: all of them, and Effect 4.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { project, readmeOf, root, run, serveRegistry, startEmulator } from "./packed.mjs"
import { pinned } from "./pnpm.mjs"
import { runtime } from "./runtimes.mjs"

const compilers = { 5.9: "typescript", 7: "typescript-7" }
const modules = { NodeNext: "NodeNext", Bundler: "ESNext" }
const tools = join(root, "tools")
const selected = process.argv.slice(2)
const isSelected = (names, name) => !names.some((other) => selected.includes(other)) || selected.includes(name)

const failure = (cwd, command, args) =>
  run(cwd, command, args).then(
    (output) => {
      throw new Error(`${command} ${args.join(" ")} succeeded, but must fail\n${output}`)
    },
    (error) => error.message
  )

const managers = {
  npm: {
    install: (folder, packages) => run(folder, "npm", ["install", ...packages]),
    exec: (command, args) => ["npx", ["--no-install", command, ...args]]
  },
  pnpm: {
    install: (folder, packages) => run(folder, "npx", ["--yes", pinned, "add", ...packages]),
    exec: (command, args) => ["npx", ["--yes", pinned, "exec", command, ...args]]
  }
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
  const registry = await serveRegistry()
  project("tools", registry)
  await managers.npm.install(tools, ["typescript@5.9.3", "typescript-7@npm:typescript@7.0.2", "@types/node@20.19.43"])

  for (const [manager, { exec, install }] of Object.entries(managers)) {
    if (selected.includes("peers") || !isSelected(Object.keys(managers), manager)) continue
    // The emulator comes first: the programs of the others call it.
    let url
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
        const [command, args] = exec("effect-openai-emulator", [])
        url = (await startEmulator(folder, command, args)).url
      }
      if (!isSelected(names, name)) continue
      const output = await run(folder, "node", ["out/main.js"], {
        OPENAI_BASE_URL: url,
        OPENAI_API_KEY: "sk-test"
      })
      if (output.trim() === "") throw new Error(`The first program of ${name} printed nothing`)
      say(`${manager}: ${name} installs, compiles by ${Object.keys(compilers).join(" and ")}, and runs`)
      if (name === "contract-tests") {
        const [command, args] = exec("effect-openai-contract", ["--only", "models/list", "--base-url", url])
        await run(folder, command, [...args, "--api-key", "sk-test"])
        say(`${manager}: effect-openai-contract runs`)
      }
    }
  }

  if (selected.length === 0 || selected.includes("peers")) {
    // The tokenizer with each major version of its package.
    for (const tokenizer of [3, 4]) {
      const folder = project(`tokenizer-${tokenizer}`, registry)
      await managers.npm.install(folder, [...readmeOf("ai").packages, `gpt-tokenizer@${tokenizer}`])
      writeFileSync(
        join(folder, "main.js"),
        `import { OpenAiTokenizer } from "@effect-openai/ai"
import { Effect } from "effect"

const { tokenize } = OpenAiTokenizer.make({ model: "gpt-4o" })
console.log(await Effect.runPromise(tokenize("hello world")))
`
      )
      const output = await run(folder, process.execPath, ["main.js"])
      if (!/\b24912,\s+2375\b/.test(output)) throw new Error(output)
      say(`gpt-tokenizer ${tokenizer} counts tokens`)
    }

    // The suite under each major version of vitest that it names. Version 5 needs Node 22.
    for (const vitest of [3, 4, 5]) {
      const { binary, missing } = vitest === 5 ? runtime("node-22") : { binary: process.execPath }
      if (binary === undefined) throw new Error(missing)
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
      await run(folder, binary, ["node_modules/vitest/vitest.mjs", "run"])
      say(`vitest ${vitest} runs the suite`)
    }
  }

  if (selected.length === 0) {
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
