
module.exports = { EdgeImpulseClassifier };

// node run-impulse.js "1.5, 2, …" or a file of such numbers
if (require.main === module) {
  const { existsSync, readFileSync } = require("node:fs");
  const given = process.argv[2];
  if (!given) {
    console.error('usage: node run-impulse.js "VALUES" | FILE');
    process.exit(1);
  }
  const values = (existsSync(given) ? readFileSync(given, "utf8") : given).trim().split(/[\s,]+/).map(Number);
  const classifier = new EdgeImpulseClassifier();
  classifier.init()
    .then(() => console.log(classifier.classify(values)))
    .catch((error) => {
      console.error(String(error));
      process.exit(1);
    });
}
