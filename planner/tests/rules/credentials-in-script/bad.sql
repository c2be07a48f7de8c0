CREATE ROLE reporting LOGIN PASSWORD 'correct horse battery staple';
