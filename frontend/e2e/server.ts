import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const account = { email: "admin@localhost", password: "correct-horse-battery" };

/** A folder with the program as it would be shipped, and the processes that a test starts from it. */
export class Room {
  readonly folder = mkdtempSync(join(tmpdir(), "dashboard-"));
  readonly #program = join(this.folder, "semantest");
  readonly #running = new Set<ChildProcess>();

  constructor() {
    chmodSync(this.folder, 0o755); // a server of root lets its Postgres run as somebody else
    execFileSync("go", ["build", "-buildvcs=false", "-o", this.#program, "."], { cwd: "..", stdio: "inherit" });
  }

  /** The shop on a free port; returns its address. */
  async shop(): Promise<string> {
    const listen = await freeAddress();
    await this.#start(["shop", "--listen", listen]).says("is open at");
    return `http://${listen}`;
  }

  async server(): Promise<Server> {
    const listen = await freeAddress();
    const args = ["serve", "--listen", listen, "--data-dir", join(this.folder, "data"), "--egress", "dev", "--drain-timeout", "1s"];
    const server = new Server(`http://${listen}`, () => this.#start(args));
    await server.start();
    return server;
  }

  async close() {
    await Promise.all([...this.#running].map((child) => stopped(child, "SIGTERM")));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #start(args: string[]): Started {
    const child = spawn(this.#program, args, { cwd: this.folder, env: { ...process.env, SEMANTEST_ADMIN_PASSWORD: account.password, SEMANTEST_KINDS: "api,browser", SEMANTEST_BROWSER: chromiumPath() } });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return new Started(child);
  }
}

/** The server, which a test may end and start again at the same address. */
export class Server {
  #child: ChildProcess | undefined;

  constructor(
    readonly url: string,
    private readonly launch: () => Started,
  ) {}

  async start() {
    const started = this.launch();
    this.#child = started.child;
    await started.says("is ready at");
  }

  async stop() {
    if (this.#child) await stopped(this.#child, "SIGTERM");
  }
}

class Started {
  #output = "";

  constructor(readonly child: ChildProcess) {
    const keep = (chunk: Buffer) => (this.#output += chunk.toString());
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
  }

  says(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#output.includes(text)) resolve();
      };
      this.child.stdout?.on("data", look);
      this.child.once("exit", (code) => reject(new Error(`ended with ${String(code)}: ${this.#output}`)));
      look();
    });
  }
}

function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

function freeAddress(): Promise<string> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(`127.0.0.1:${address.port}`) : reject(new Error("no free port"))));
    });
  });
}

/** A Chromium of this machine. */
export function chromiumPath(): string {
  const known = [process.env.SEMANTEST_BROWSER ?? "", "/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium", "/usr/bin/google-chrome"];
  const found = known.find((path) => path !== "" && existsSync(path));
  if (!found) throw new Error("there is no Chromium; type: scripts/setup.sh test");
  return found;
}
