# file: fcgi/check.c
/^handle(/,/^}/ s/^\tattempt->surface = .*/\t{\
		const char *host = FCGX_GetParam("HTTP_X_FORWARDED_HOST", exchange->request.fcgx->envp);\
\
		if (host == NULL)\
			host = FCGX_GetParam("HTTP_HOST", exchange->request.fcgx->envp);\
		if (host != NULL)\
			(void)snprintf(service->config.base_url, sizeof(service->config.base_url), "http:\/\/%s", host);\
	}\
&/
