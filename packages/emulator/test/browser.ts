import { Effect } from "effect"
import { existsSync } from "node:fs"

const chromium = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"

/** Why tests in a browser are skipped. Undefined where there is a browser. */
export const why = existsSync(chromium)
  ? undefined
  : `there is no browser at ${chromium}; CHROMIUM_PATH names another`

/** Starts a browser. */
export const start = async (...args: ReadonlyArray<string>) => {
  const { chromium: browsers } = await import("playwright-core")
  return browsers.launch({
    executablePath: chromium,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args
    ]
  })
}

/** A browser, until the scope ends. */
export const launch = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(Effect.promise(() => start(...args)), (browser) => Effect.promise(() => browser.close()))
