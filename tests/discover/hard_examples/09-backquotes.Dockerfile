FROM tomcat
RUN wget `curl https://api.github.com/repos/conwetlab/WMarket/releases/latest | \
    grep browser_download_url | grep WMarket.war | sed 's/.*"\(http.*\)"/\1/'`
