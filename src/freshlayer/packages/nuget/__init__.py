"""dotnet and nuget: which version of a package they would install, named packages alone. Pure."""
