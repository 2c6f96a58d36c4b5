require('./index.js').runMain(__dirname)
