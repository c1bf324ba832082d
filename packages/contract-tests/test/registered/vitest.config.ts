import { defineConfig } from "vitest/config"

export default defineConfig({ test: { include: ["mocks.ts", "unknown.ts"] } })
