require('./index.js').runPost(__dirname)
