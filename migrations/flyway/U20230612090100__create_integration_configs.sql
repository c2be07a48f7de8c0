DROP TABLE integration_configs;
