require('./index.js').runPost()
