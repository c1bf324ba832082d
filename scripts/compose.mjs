// Checks the compose file of the emulator as far as a machine without images can: what it refers to exists, and PostgreSQL, the
// nodes and the balancer work together with its settings.
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { parse } from "yaml"
import * as postgres from "../packages/emulator/test/postgres.ts"

const folder = "packages/emulator/docker"
const assert = (condition, message) => {
  if (!condition) throw new Error(message)
}

const { services, volumes } = parse(readFileSync(join(folder, "compose.yaml"), "utf8"), { merge: true })
const balancer = readFileSync(join(folder, "haproxy.cfg"), "utf8")
const dockerfile = readFileSync(join(folder, "Dockerfile"), "utf8")
const nodes = Object.keys(services).filter((name) => services[name].build !== undefined)

/** What a file refers to. */
const checkReferences = () => {
  assert(nodes.length === 2, `The compose file has the nodes ${nodes}`)
  for (const [name, { build, depends_on: dependencies = {}, volumes: mounted = [] }] of Object.entries(services)) {
    if (build !== undefined) {
      assert(existsSync(join(folder, build.context, build.dockerfile)), `${name} has no Dockerfile`)
    }
    for (const dependency of Object.keys(dependencies)) {
      const { build, healthcheck } = services[dependency] ?? {}
      const hasCheck = build === undefined ? healthcheck !== undefined : dockerfile.includes("HEALTHCHECK")
      assert(hasCheck, `${name} waits for ${dependency}, which has no health check`)
    }
    for (const source of mounted.map((volume) => volume.split(":")[0])) {
      const isThere = source.startsWith(".") ? existsSync(join(folder, source)) : source in volumes
      assert(isThere, `${name} has the volume ${source}, which does not exist`)
    }
  }
  const servers = Array.from(balancer.matchAll(/^\s*server \S+ (\S+):(\d+)$/gm), ([, name, port]) => `${name}:${port}`)
  const [, port] = /^EXPOSE (\d+)$/m.exec(dockerfile)
  assert(servers.join() === nodes.map((name) => `${name}:${port}`).join(), `The balancer has the servers ${servers}`)
}

/** The environment of a node, with values for the variables of the compose file. */
const environmentOf = (name, url) => {
  const given = Object.fromEntries(
    Object.entries(services[name].environment).map(([name, value]) => [
      name,
      value.replaceAll(
        /\$\{(\w+):\?[^}]*\}/g,
        (_, variable) => variable === "EMULATOR_ADMIN_KEYS" ? "sk-admin" : "sk-test"
      )
    ])
  )
  assert(/^postgres:\/\/emulator:\S+@postgres:5432\/emulator$/.test(given.EMULATOR_STORE), "A node has no database")
  return { ...process.env, ...given, EMULATOR_STORE: url }
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const retry = async (run) => {
  for (let attempt = 0;; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt === 500) throw error
      await setTimeout(200)
    }
  }
}

/** Starts what the compose file starts, and ends a node. */
const run = async () => {
  const children = []
  const start = (command, args, options) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"], ...options })
    children.push(child)
    return child
  }
  const files = mkdtempSync(join(tmpdir(), "compose-"))
  try {
    const url = postgres.urlOf(await postgres.server())
    const ports = await Promise.all([...nodes, "balancer"].map(freePort))
    const processes = nodes.map((name, index) =>
      start(process.execPath, ["--import", "tsx", "packages/emulator/src/bin.ts", "--port", `${ports[index]}`], {
        env: environmentOf(name, url),
        stdio: "ignore"
      })
    )
    const config = nodes.reduce(
      (text, name, index) => text.replace(`${name}:8080`, `127.0.0.1:${ports[index]}`),
      balancer.replace("bind :8080", `bind 127.0.0.1:${ports.at(-1)}`)
    )
    writeFileSync(join(files, "haproxy.cfg"), config)
    start("haproxy", ["-db", "-f", join(files, "haproxy.cfg")])
    const send = async (path, body) => {
      const response = await fetch(`http://127.0.0.1:${ports.at(-1)}/v1${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: {
          authorization: "Bearer sk-test",
          "openai-beta": "assistants=v1",
          "content-type": "application/json"
        },
        body: JSON.stringify(body)
      })
      assert(response.status === 200, `${path}: ${response.status} ${await response.clone().text()}`)
      return response.json()
    }
    const { id } = await retry(() => send("/assistants", { model: "gpt-4-turbo", name: "Balanced" }))
    processes[0].kill("SIGKILL")
    // The balancer may need a moment to notice it.
    const { name } = await retry(() => send(`/assistants/${id}`))
    assert(name === "Balanced", `The assistant is ${name}`)
  } finally {
    for (const child of children) child.kill("SIGKILL")
    rmSync(files, { recursive: true })
  }
}

const hasBalancer = (process.env.PATH ?? "").split(":").some((path) => existsSync(join(path, "haproxy")))

/** Returns what was checked. */
export const checkCompose = async () => {
  checkReferences()
  if (postgres.missing !== undefined) return `What the compose file starts was not started: ${postgres.missing}`
  if (!hasBalancer) {
    return "What the compose file starts was not started: HAProxy is not installed; Debian's package haproxy has it"
  }
  await run()
  return "The nodes of the compose file respond behind its balancer, also when one of them is killed"
}
