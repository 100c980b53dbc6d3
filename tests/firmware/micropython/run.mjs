// Runs test modules under a real MicroPython (WebAssembly on Node): node run.mjs ROOT MODULE… -- FILE…
// FILES (relative to ROOT) are put on MicroPython's file system at the same place; prints one line per case.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [root, ...rest] = process.argv.slice(2);
const split = rest.indexOf("--");
const modules = rest.slice(0, split);
const files = rest.slice(split + 1);
const require = createRequire(join(root, "firmware", "package.json"));
const home = require.resolve("@micropython/micropython-webassembly-pyscript/micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(home));
const mp = await loadMicroPython({ heapsize: 8 * 1024 * 1024, pystack: 16 * 1024, stdout: (line) => console.log(line) });

for (const file of files) {
  const folders = file.split("/").slice(0, -1);
  folders.reduce((path, folder) => {
    const next = path + "/" + folder;
    if (!mp.FS.analyzePath(next).exists) mp.FS.mkdir(next);
    return next;
  }, "");
  mp.FS.writeFile("/" + file, readFileSync(join(root, file)));
}

mp.runPython(`
import sys, time
sys.path.append("/")
print("running", sys.implementation.name, ".".join([str(part) for part in sys.implementation.version[:3]]))
def run(name):
    module = __import__(name)
    for part in name.split(".")[1:]:
        module = getattr(module, part)
    for case in sorted([entry for entry in dir(module) if entry.startswith("test_")]):
        try:
            getattr(module, case)()
            print("passed", name, case)
        except Exception as error:
            sys.print_exception(error, sys.stdout)
            print("failed", name, case)
`);
for (const module of modules) mp.runPython(`run(${JSON.stringify(module)})`);
