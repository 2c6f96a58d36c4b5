/**
 * Shell: `call <address> <more lines of curl's configuration>` leaves in `said` the body and in `code` the status of the answer, and ends the script with
 * 1 where there is none. The configuration goes in by a pipe, so that no secret stands in an argument.
 */
export const curlFunction = `nl='
'
call() {
said=$(curl --config - <<END
url = "$1"
proto = "=https,http"
silent
show-error
write-out = "\\n%{http_code}"
$2
END
) || {
echo 'no answer'
exit 1
}
code=\${said##*"$nl"} said=\${said%"$nl"*}
}
`
