/** A contract run: all scenarios of the suite against the emulator, over HTTP, by the command line as it is published. */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { ContractRun } from "./results.js"

const command = fileURLToPath(new URL("../../contract-tests/dist/bin.js", import.meta.url))

/** Runs it once. Fails if a scenario fails. */
export const contractRun = async (): Promise<ContractRun> => {
  const start = performance.now()
  const { stdout } = await promisify(execFile)(process.execPath, [command], { maxBuffer: 2 ** 26 })
  const millis = performance.now() - start
  const [, scenarios] = /^emulator: (\d+) passed/m.exec(stdout)!
  const [, requests] = /^([\d,]+) requests in/m.exec(stdout)!
  return { millis, scenarios: Number(scenarios), requests: Number(requests!.replaceAll(",", "")) }
}
